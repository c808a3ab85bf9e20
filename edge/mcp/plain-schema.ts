import type { Json } from "./tool.ts";

/**
 * What grammars made from a schema can repeat: some hosts unroll `maxLength` and `maxItems`, and refuse the whole request
 * for a large one.
 */
const MAX_REPEATED = 100;
const MAX_PATTERN_CHARS = 60;
/** Groups of other kinds, classes in letters, back-references, choices: something refuses each of them. */
const UNSAFE_PATTERN = /\(\?|\\(?!\.)|\|/;
const FORMATS = new Set(["uuid", "date-time"]);
const COPIED = ["type", "enum", "required"] as const;
const OF_INPUTS = ["default", "minimum", "maximum"] as const;
const REPEATED = ["minLength", "maxLength", "minItems", "maxItems"] as const;

/**
 * A JSON Schema in the words that every host takes: OpenAI, Gemini, llama.cpp and n8n each refuse all tools for one
 * keyword that they do not know. Looser than the schema that it is made from, which the tool still checks.
 */
export function plainSchema(schema: Json): Json {
  const { description, pattern } = schema;
  return {
    ...shapeOf(schema, (member) => plainSchema(member)),
    ...copied(schema, OF_INPUTS),
    ...(description !== undefined && { description }),
    ...(typeof pattern === "string" && isSafe(pattern) && { pattern }),
    ...repeated(schema),
    ...additional(schema["additionalProperties"]),
  };
}

/** Names and types alone, of what a client checks and no model is shown. Members named in `given` are described there. */
export const outlineSchema = (schema: Json, given: Readonly<Record<string, Json>> = {}): Json =>
  shapeOf(schema, (member, name) => (name === undefined ? undefined : given[name]) ?? outlineSchema(member, given));

function shapeOf(schema: Json, inner: (schema: Json, name?: string) => Json): Json {
  const { properties, items, format } = schema;
  const choices = choicesOf(schema);
  return {
    ...copied(schema, COPIED),
    ...("const" in schema && { enum: [schema["const"]] }),
    ...(typeof format === "string" && FORMATS.has(format) && { format }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Readonly<Record<string, Json>>).map(([name, member]) => [
          name,
          inner(member, name),
        ]),
      ),
    }),
    ...(items !== undefined && { items: inner(items as Json) }),
    ...(choices.length > 0 && { anyOf: choices.map((choice) => inner(choice)) }),
  };
}

const copied = (schema: Json, names: readonly string[]): Json =>
  Object.fromEntries(names.flatMap((name) => (name in schema ? [[name, schema[name]]] : [])));

function repeated(schema: Json): Json {
  const most = Math.max(...REPEATED.map((name) => (typeof schema[name] === "number" ? schema[name] : 0)));
  return most > MAX_REPEATED ? {} : copied(schema, REPEATED);
}

const isSafe = (pattern: string): boolean =>
  pattern.length <= MAX_PATTERN_CHARS &&
  pattern.startsWith("^") &&
  pattern.endsWith("$") &&
  !UNSAFE_PATTERN.test(pattern);

/** Members of any kind are said to be, or strict hosts take an object without properties to be empty. */
function additional(given: unknown): Json {
  if (given === undefined) return {};
  if (typeof given === "boolean") return { additionalProperties: given };
  const members = plainSchema(given as Json);
  return { additionalProperties: Object.keys(members).length === 0 ? true : members };
}

/** Alternatives, of which several objects become one; those that only say what is required are left out. */
function choicesOf(schema: Json): readonly Json[] {
  const all = ((schema["oneOf"] ?? schema["anyOf"] ?? []) as readonly Json[]).filter(
    (choice) => "type" in choice || "enum" in choice || "const" in choice || "anyOf" in choice || "oneOf" in choice,
  );
  const objects = all.filter((choice) => isTagged(choice));
  if (objects.length < 2) return all;
  return [...all.filter((choice) => !isTagged(choice)), merged(objects)];
}

const propertiesOf = (schema: Json) => (schema["properties"] ?? {}) as Readonly<Record<string, Json>>;
const tagOf = (schema: Json): string | undefined =>
  Object.entries(propertiesOf(schema)).find(([, member]) => valuesOf(member).length === 1)?.[0];
const isTagged = (schema: Json): boolean => schema["type"] === "object" && tagOf(schema) !== undefined;
const valuesOf = (member: Json): readonly unknown[] =>
  "const" in member ? [member["const"]] : ((member["enum"] ?? []) as readonly unknown[]);

/** One object with the members of all, for a model that chooses its kind by the tag. */
function merged(objects: readonly Json[]): Json {
  const tag = tagOf(objects[0] ?? {}) ?? "";
  const kinds = objects.map((each) => propertiesOf(each)[tag] ?? {});
  const properties: Record<string, Json> = {
    [tag]: { type: "string", enum: kinds.flatMap((kind) => [...valuesOf(kind)]) },
  };
  for (const object of objects)
    for (const [name, member] of Object.entries(propertiesOf(object))) properties[name] ??= wordless(member);
  return { type: "object", properties, required: [tag], additionalProperties: false };
}

/** There are many, and list_packs says what each is. */
const wordless = ({ description: _description, ...member }: Json): Json => member;
