/** What the value of a keyword is made of, which says where schemas stand in a schema. */
type Shape = "schema" | "schemas" | "schema-or-schemas" | "named-schemas" | "named-schemas-or-names" | "plain" | "note";

export type Draft = "2020-12" | "draft-07";

type Keywords = ReadonlyMap<string, Shape>;

function keywords(...rows: readonly (readonly [Shape, string])[]): Keywords {
  return new Map(rows.flatMap(([shape, names]) => names.split(" ").map((name) => [name, shape] as const)));
}

const COMMON = keywords(
  ["schema", "not if then else additionalProperties propertyNames contains"],
  ["schemas", "allOf anyOf oneOf"],
  ["named-schemas", "properties patternProperties definitions $defs"],
  ["plain", "$ref type enum const required pattern minLength maxLength uniqueItems minItems maxItems"],
  ["plain", "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minProperties maxProperties"],
  ["note", "title description default deprecated readOnly writeOnly examples $comment"],
  ["note", "format contentEncoding contentMediaType"],
);

const BY_DRAFT: Readonly<Record<Draft, Keywords>> = {
  "2020-12": keywords(
    ["schema", "items unevaluatedItems unevaluatedProperties"],
    ["schemas", "prefixItems"],
    ["named-schemas", "dependentSchemas"],
    ["plain", "$anchor minContains maxContains dependentRequired"],
    ["note", "contentSchema"],
  ),
  "draft-07": keywords(
    ["schema-or-schemas", "items"],
    ["schema", "additionalItems"],
    ["named-schemas-or-names", "dependencies"],
  ),
};

/**
 * Shape of a keyword; undefined for one that is not supported in that draft: what a draft does not know, and
 * references that change with where they are met. Names that begin with `x-` are the caller's own notes.
 */
export function shapeOf(keyword: string, draft: Draft): Shape | undefined {
  const shape = COMMON.get(keyword) ?? BY_DRAFT[draft].get(keyword);
  return shape ?? (keyword.startsWith("x-") ? "note" : undefined);
}

const DRAFTS: ReadonlyMap<unknown, Draft> = new Map([
  [undefined, "2020-12"],
  ["https://json-schema.org/draft/2020-12/schema", "2020-12"],
  ["https://json-schema.org/draft/2020-12/schema#", "2020-12"],
  ["http://json-schema.org/draft-07/schema", "draft-07"],
  ["http://json-schema.org/draft-07/schema#", "draft-07"],
]);

/** The draft that `$schema` names, 2020-12 where it is absent; undefined for any other. */
export const draftOf = (dialect: unknown): Draft | undefined => DRAFTS.get(dialect);
