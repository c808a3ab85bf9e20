import type { Json } from "./json.ts";

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  "date-time": "2026-11-21T09:30:00.000Z",
  date: "2026-11-21",
  uri: "https://api.example/",
};

const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/** Where a text of a pattern needs no example of its own. */
const BY_PATTERN: ReadonlyMap<string, string> = new Map([
  ["^[0-9a-f]{64}$", SHA256],
  ["^[0-9]{1,16}[.][0-9]{4,6}$", "0.0130"],
  ["^#[0-9a-f]{3,8}$", "#b6e3f4"],
]);

/** The schemas that references lead to, by name. */
type Components = Readonly<Record<string, Json>>;

/** An example of a schema: its own first one, or one made of the examples of its parts; undefined without any. */
export function exampleOf(schema: Json, components: Components): unknown {
  const [first] = listOf(schema["examples"]);
  if (first !== undefined) return first;
  if (schema["const"] !== undefined) return schema["const"];
  if (schema["default"] !== undefined) return schema["default"];
  const [value] = listOf(schema["enum"]);
  if (value !== undefined) return value;
  const { $ref } = schema;
  if (typeof $ref === "string") return exampleOf(components[$ref.split("/").at(-1) ?? ""] ?? {}, components);
  const [choice] = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])];
  if (choice !== undefined) return exampleOf(choice as Json, components);
  return ofType(schema, components);
}

function ofType(schema: Json, components: Components): unknown {
  const { type } = schema;
  switch (Array.isArray(type) ? type[0] : type) {
    case "object":
      return Object.fromEntries(
        Object.entries((schema["properties"] ?? {}) as Json)
          .filter(([name]) => listOf(schema["required"]).includes(name))
          .map(([name, part]) => [name, exampleOf(part as Json, components)]),
      );
    case "array":
      return ofArray(schema, components);
    case "integer":
    case "number":
      return Math.max(Number(schema["minimum"] ?? 0), 0);
    case "boolean":
      return false;
    case "null":
      return null;
    case "string":
      return BY_FORMAT[String(schema["format"])] ?? BY_PATTERN.get(String(schema["pattern"])) ?? "text";
    default:
      return undefined;
  }
}

function ofArray(schema: Json, components: Components): readonly unknown[] {
  if (schema["items"] === undefined) return [];
  const item = exampleOf(schema["items"] as Json, components);
  return Array.from({ length: Number(schema["minItems"] ?? 1) }, () => item);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
