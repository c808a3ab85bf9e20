import fc from "fast-check";
import { resolved } from "../document.ts";

type Json = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 8;
const SPREAD = 4;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const bounded = (value: number | undefined, otherwise: number) => value ?? otherwise;

/** Values of a schema, or nearly: what no generator can say, such as a look-ahead, is left to the schema's examples. */
export function valueOf(given: unknown, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  if (depth > MAX_DEPTH) return fc.constant(null);
  if ("const" in schema) return fc.constant(schema["const"]);
  const examples = [...listOf(schema["examples"]), ...("default" in schema ? [schema["default"]] : [])];
  if (examples.length > 0 && typeof schema["pattern"] === "string" && matching(schema["pattern"]) === undefined) {
    return fc.constantFrom(...examples);
  }
  const made = madeOf(schema, depth);
  if (examples.length === 0) return made;
  return fc.oneof({ weight: 3, arbitrary: made }, { weight: 2, arbitrary: fc.constantFrom(...examples) });
}

function madeOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const values = listOf(schema["enum"]);
  if (values.length > 0) return fc.constantFrom(...values);
  const choices = [...listOf(schema["oneOf"]), ...listOf(schema["anyOf"])];
  if (choices.length > 0) return fc.oneof(...choices.map((choice) => valueOf(choice, depth)));
  const { type } = schema;
  if (Array.isArray(type)) return fc.oneof(...type.map((each) => ofType(String(each), schema, depth)));
  return typeof type === "string" ? ofType(type, schema, depth) : anything;
}

function ofType(type: string, schema: Json, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case "object":
      return objectOf(schema, depth);
    case "array":
      return arrayOf(schema, depth);
    case "string":
      return stringOf(schema);
    case "integer":
      return fc.integer({
        min: bounded(numberOf(schema["minimum"]), -1_000_000),
        max: bounded(numberOf(schema["maximum"]), 1_000_000),
      });
    case "number":
      return fc.double({
        min: bounded(numberOf(schema["minimum"]) ?? numberOf(schema["exclusiveMinimum"]), -1e9),
        max: bounded(numberOf(schema["maximum"]), 1e9),
        noNaN: true,
      });
    case "boolean":
      return fc.boolean();
    default:
      return fc.constant(null);
  }
}

function objectOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema["properties"] ?? {}) as Json);
  const required = new Set(listOf(schema["required"]));
  const fixed = fc.record(Object.fromEntries(properties.map(([name, part]) => [name, valueOf(part, depth + 1)])), {
    requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)),
  });
  const rest = schema["additionalProperties"];
  if (typeof rest !== "object" || rest === null) return fixed;
  const maxKeys = Math.min(bounded(numberOf(schema["maxProperties"]), SPREAD), SPREAD);
  const named = fc.dictionary(stringOf((schema["propertyNames"] ?? {}) as Json), valueOf(rest, depth + 1), { maxKeys });
  return fc.tuple(named, fixed).map(([more, own]) => ({ ...more, ...own }));
}

function arrayOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const minLength = bounded(numberOf(schema["minItems"]), 0);
  const maxLength = Math.min(bounded(numberOf(schema["maxItems"]), minLength + SPREAD), minLength + SPREAD);
  const items = valueOf(schema["items"] ?? {}, depth + 1);
  if (schema["uniqueItems"] !== true) return fc.array(items, { minLength, maxLength });
  return fc.uniqueArray(items, { minLength, maxLength, selector: (item) => JSON.stringify(item) });
}

const BY_FORMAT: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  uuid: () => fc.uuid(),
  uri: () => fc.webUrl(),
  "date-time": () => instant,
  date: () => instant.map((text) => text.slice(0, 10)),
};
const instant = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const word = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/);

function stringOf(schema: Json): fc.Arbitrary<string> {
  const format = BY_FORMAT[String(schema["format"])];
  if (format !== undefined) return format();
  const { pattern } = schema;
  if (typeof pattern === "string") return matching(pattern) ?? word;
  const minLength = bounded(numberOf(schema["minLength"]), 0);
  const maxLength = Math.min(bounded(numberOf(schema["maxLength"]), minLength + 40), minLength + 40);
  return fc.string({ minLength, maxLength, unit: "grapheme" });
}

const texts = new Map<string, fc.Arbitrary<string> | undefined>();

/** Undefined where the pattern says what the generator cannot. A schema has the same patterns in many places. */
function matching(pattern: string): fc.Arbitrary<string> | undefined {
  if (!texts.has(pattern)) texts.set(pattern, generatorOf(pattern));
  return texts.get(pattern);
}

function generatorOf(pattern: string): fc.Arbitrary<string> | undefined {
  try {
    return fc.stringMatching(new RegExp(pattern, "u"));
  } catch {
    return undefined;
  }
}

const anything: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 2 });
