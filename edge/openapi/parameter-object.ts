import type { Json } from "./json.ts";
import { publish } from "./publish.ts";

/**
 * A parameter, as the document has it. Pages that try a request fill in every `example`, and objects of the schema's
 * examples unless there is a default: a parameter that may be left out has its example where no page sends it unasked,
 * or a first try would filter, or go on from a place, that nobody named.
 */
export function parameterObject(name: string, where: "path" | "query" | "header", document: Json): Json {
  const { schema, example, ...rest } = document;
  const published = publish((schema ?? {}) as Json);
  if (where === "path") return { name, in: where, required: true, ...rest, schema: published, example };
  if (rest["required"] === true) return { name, in: where, ...rest, schema: published, example };
  const unasked = {
    ...(published["type"] === "object" && { default: {} }),
    ...(example !== undefined && { examples: [example] }),
  };
  return { name, in: where, ...rest, schema: { ...published, ...unasked } };
}
