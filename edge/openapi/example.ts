import type { Json } from "./json.ts";

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  "date-time": "2026-11-21T09:30:00.000Z",
  date: "2026-11-21",
  uri: "https://api.example/",
};

/** An example of a schema: its own first one, or one made of the examples of its parts; undefined without any. */
export function exampleOf(schema: Json): unknown {
  const [first] = listOf(schema["examples"]);
  if (first !== undefined) return first;
  if (schema["const"] !== undefined) return schema["const"];
  if (schema["default"] !== undefined) return schema["default"];
  const [value] = listOf(schema["enum"]);
  if (value !== undefined) return value;
  const [choice] = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])];
  if (choice !== undefined) return exampleOf(choice as Json);
  return ofType(schema);
}

function ofType(schema: Json): unknown {
  switch (schema["type"]) {
    case "object":
      return Object.fromEntries(
        Object.entries((schema["properties"] ?? {}) as Json)
          .filter(([name]) => listOf(schema["required"]).includes(name))
          .map(([name, part]) => [name, exampleOf(part as Json)]),
      );
    case "array":
      return schema["items"] === undefined ? [] : [exampleOf(schema["items"] as Json)];
    case "integer":
    case "number":
      return Math.max(Number(schema["minimum"] ?? 0), 0);
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return BY_FORMAT[String(schema["format"])];
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
