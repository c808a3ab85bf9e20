/**
 * What OpenAI refuses in the tools of a request: its "Structured Outputs" (supported schemas) and "Function calling"
 * guides, and what users are told by its API (a lookaround, and what is no regular expression in Python).
 */
type Schema = Readonly<Record<string, unknown>>;

export interface FunctionTool {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly strict?: boolean | null | undefined;
  readonly parameters?: unknown;
}

const MAX_PROPERTIES = 5_000;
const MAX_DEPTH = 10;
const MAX_ENUM = 1_000;
const MAX_TEXT = 120_000;
const TYPES = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);
const NOT_AT_ROOT = ["oneOf", "anyOf", "allOf", "enum", "not"];
const NOT_STRICT = [
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "propertyNames",
  "unevaluatedProperties",
  "minProperties",
  "maxProperties",
  "contains",
  "uniqueItems",
  "prefixItems",
];
const FORMATS = new Set(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]);

/** The sentence of the refusal; undefined where the tool is taken. */
export function refusalOf({ name, description, parameters, strict }: FunctionTool): string | undefined {
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return `Invalid 'tools.function.name': '${name}'`;
  if ((description ?? "").length > 1024 * 16) return `Invalid description of '${name}': too long`;
  const found = { properties: 0, options: 0, text: 0, faults: [] as string[] };
  const root = parameters as Schema;
  if (root["type"] !== "object") found.faults.push('schema must be a JSON Schema of type: "object"');
  for (const word of NOT_AT_ROOT) if (word in root) found.faults.push(`'${word}' at the top level`);
  walk(root, [], strict === true, 0, found);
  if (strict === true) {
    if (found.properties > MAX_PROPERTIES) found.faults.push(`${found.properties} properties`);
    if (found.options > MAX_ENUM) found.faults.push(`${found.options} values of enums`);
    if (found.text > MAX_TEXT) found.faults.push(`${found.text} characters of names and values`);
  }
  const [fault] = found.faults;
  return fault === undefined ? undefined : `Invalid schema for function '${name}': ${fault}`;
}

interface Found {
  properties: number;
  options: number;
  text: number;
  readonly faults: string[];
}

function walk(schema: Schema, path: readonly string[], strict: boolean, depth: number, found: Found): void {
  const fault = (what: string) => found.faults.push(`In context=(${path.join(", ")}), ${what}`);
  const types = [schema["type"] ?? []].flat() as string[];
  for (const type of types) if (!TYPES.has(type)) fault(`'${type}' is no type`);
  if (types.includes("array") && typeof schema["items"] !== "object") fault("array schema missing items");
  judgePattern(schema["pattern"], fault);
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const options = [schema["enum"] ?? [], schema["const"] ?? []].flat();
  found.properties += Object.keys(properties).length;
  found.options += Array.isArray(schema["enum"]) ? schema["enum"].length : 0;
  found.text += [...Object.keys(properties), ...options.map(String)].join("").length;
  if (strict) judgeStrictly(schema, types, depth, fault);
  const inside = depth + Number(types.includes("object"));
  for (const [name, each] of Object.entries(properties)) walk(each, [...path, name], strict, inside, found);
  for (const word of ["items", "additionalProperties", "propertyNames", "not"]) {
    const each = schema[word];
    if (typeof each === "object" && each !== null) walk(each as Schema, [...path, word], strict, inside, found);
  }
  for (const word of ["anyOf", "oneOf", "allOf", "prefixItems"])
    for (const each of (schema[word] ?? []) as readonly Schema[]) walk(each, [...path, word], strict, depth, found);
  for (const word of ["$defs", "definitions", "patternProperties"])
    for (const [name, each] of Object.entries((schema[word] ?? {}) as Readonly<Record<string, Schema>>))
      walk(each, [...path, word, name], strict, depth, found);
}

/** Lookarounds are refused; \p{}, back-references and ECMAScript's named groups are no expressions of automata or Python. */
function judgePattern(pattern: unknown, fault: (what: string) => void): void {
  if (pattern === undefined) return;
  if (typeof pattern !== "string") fault("'pattern' is no string");
  else if (/\(\?<?[=!]/.test(pattern)) fault(`regex lookaround is not supported: '${pattern}'`);
  else if (/\\[pPu]\{|\(\?<|\\[1-9]/.test(pattern) || !isPattern(pattern)) fault(`'${pattern}' is not a 'regex'`);
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

function judgeStrictly(schema: Schema, types: readonly string[], depth: number, fault: (what: string) => void): void {
  for (const word of NOT_STRICT) if (word in schema) fault(`'${word}' is not permitted`);
  const { format } = schema as { readonly format?: string };
  if (format !== undefined && !FORMATS.has(format)) fault(`'${format}' is not a valid format`);
  if (depth > MAX_DEPTH) fault(`more than ${MAX_DEPTH} levels`);
  const isChoice = ["anyOf", "$ref", "enum", "const"].some((word) => word in schema);
  if (types.length === 0 && !isChoice) fault("schema must have a 'type' key");
  if (!types.includes("object")) return;
  if (schema["additionalProperties"] !== false)
    fault("'additionalProperties' is required to be supplied and to be false");
  const required = (schema["required"] ?? []) as readonly string[];
  const missing = Object.keys(schema["properties"] ?? {}).filter((name) => !required.includes(name));
  if (missing.length > 0) fault(`'required' must include every key in properties: missing '${missing.join("', '")}'`);
}
