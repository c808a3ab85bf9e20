import { z } from "zod";
import { schemaRef } from "./headers.ts";
import { isPortable } from "./portable-pattern.ts";
import type { Json } from "./json.ts";

/**
 * What clients read a schema with differs: some refuse a whole document for a look-ahead, `not` or `propertyNames`, know
 * `enum` and no `const`, or take an integer without a format to have 32 bits. What is published says less where it has to,
 * and never refuses what the edge takes: the strict check is the zod schema's.
 */
export function publish(schema: Json): Json {
  const { $schema: _dialect, $id: _id, not: _not, propertyNames: _names, pattern, ...rest } = schema;
  return {
    ...(isPublished(pattern, schema["format"]) && { pattern }),
    ...Object.fromEntries(
      Object.entries(rest)
        .filter(([keyword, value]) => !(CHOICES.has(keyword) && isOfRequired(value)))
        .map(([keyword, value]) => [keyword, publishPart(keyword, value)]),
    ),
    ...("const" in schema && { enum: [schema["const"]] }),
    ...(schema["type"] === "integer" && formatOf(schema)),
  };
}

type Direction = "input" | "output";

/** The published JSON Schema of what a schema takes, or of what it gives, complete in itself. */
export const publishSchema = (schema: z.ZodType, io: Direction): Json =>
  publish(z.toJSONSchema(schema, { io, override: overrideOf(io) }));

/** The JSON Schemas of a registry's, which refer to one another as components; to be published. */
export const schemasIn = (registry: z.core.$ZodRegistry<{ id: string }>, io: Direction) =>
  z.toJSONSchema(registry, { io, override: overrideOf(io), uri: (id) => String(schemaRef(id)["$ref"]) })
    .schemas as Readonly<Record<string, Json>>;

/** The edge takes IRIs, and space around them, which are no `uri`. */
const overrideOf =
  (io: Direction) =>
  ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    if (io === "input" && jsonSchema.format === "uri") delete jsonSchema.format;
  };

const isPublished = (pattern: unknown, format: unknown): boolean =>
  typeof pattern === "string" && format === undefined && isPortable(pattern);

const ONE: ReadonlySet<string> = new Set(["items", "additionalProperties", "contains"]);
const CHOICES: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf"]);
const NAMED: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs"]);

function publishPart(keyword: string, value: unknown): unknown {
  if (ONE.has(keyword)) return typeof value === "object" ? publish(value as Json) : value;
  if (CHOICES.has(keyword) || keyword === "prefixItems") return (value as readonly Json[]).map(publish);
  if (!NAMED.has(keyword)) return value;
  return Object.fromEntries(Object.entries(value as Json).map(([name, part]) => [name, publish(part as Json)]));
}

/** Choices that say only which members are required: generators make types of them that hold nothing. */
const isOfRequired = (choices: unknown): boolean =>
  (choices as readonly Json[]).every((choice) => Object.keys(choice).every((keyword) => keyword === "required"));

const INT32 = 2 ** 31;

function formatOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Json): Json {
  const fits = Number(minimum) >= -INT32 && Number(maximum) < INT32;
  return { format: fits ? "int32" : "int64", minimum, maximum };
}
