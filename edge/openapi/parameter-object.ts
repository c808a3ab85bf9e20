import type { Json } from "./json.ts";
import { publish } from "./publish.ts";

/**
 * A parameter, as the document has it. Pages that try a request fill in every `example`: of a parameter that may be left
 * out it is in the schema alone, or a first try would filter, or go on from a place, that nobody named.
 */
export function parameterObject(name: string, where: "path" | "query" | "header", document: Json): Json {
  const { schema, example, ...rest } = document;
  const published = publish((schema ?? {}) as Json);
  if (where === "path") return { name, in: where, required: true, ...rest, schema: published, example };
  if (rest["required"] === true) return { name, in: where, ...rest, schema: published, example };
  return { name, in: where, ...rest, schema: { ...published, ...(example !== undefined && { examples: [example] }) } };
}
