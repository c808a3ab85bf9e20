/** Drafts of JSON Schema, in the order in which they appeared. */
export type Draft = 4 | 6 | 7 | 2019 | 2020;

/** What the value of a keyword is made of, which says where schemas stand in a schema. */
export type Shape =
  | "schema"
  | "schemas"
  | "schema-or-schemas"
  | "named-schemas"
  | "named-schemas-or-names"
  | "plain"
  | "note";

interface Keyword {
  readonly shape: Shape;
  readonly from: Draft;
  readonly until: Draft;
}

const KEYWORDS = new Map<string, Keyword>();

function add(shape: Shape, from: Draft, until: Draft, names: string): void {
  for (const name of names.split(" ")) KEYWORDS.set(name, { shape, from, until });
}

add("schema", 4, 2020, "not additionalProperties");
add("schema", 6, 2020, "propertyNames contains");
add("schema", 7, 2020, "if then else");
add("schema", 4, 2019, "additionalItems");
add("schema", 2019, 2020, "unevaluatedItems unevaluatedProperties");
add("schema-or-schemas", 4, 2020, "items");
add("schemas", 4, 2020, "allOf anyOf oneOf");
add("schemas", 2020, 2020, "prefixItems");
add("named-schemas", 4, 2020, "properties patternProperties definitions $defs");
add("named-schemas", 2019, 2020, "dependentSchemas");
add("named-schemas-or-names", 4, 2020, "dependencies");
add("plain", 4, 2020, "$ref type enum required pattern minLength maxLength uniqueItems minItems maxItems format");
add("plain", 4, 2020, "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minProperties maxProperties");
add("plain", 6, 2020, "const");
add("plain", 2019, 2020, "minContains maxContains dependentRequired");
add("plain", 2019, 2019, "$recursiveRef");
add("plain", 2020, 2020, "$dynamicRef");

/** Shape of a keyword in a draft; undefined for what that draft does not know, which is a note to it and no fault. */
export function shapeOf(keyword: string, draft: Draft): Shape | undefined {
  const known = KEYWORDS.get(keyword);
  return known !== undefined && draft >= known.from && draft <= known.until ? known.shape : undefined;
}

const DRAFTS: readonly (readonly [RegExp, Draft])[] = [
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, 2020],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, 2019],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, 7],
  [/^https?:\/\/json-schema\.org\/draft-06\/schema#?$/, 6],
  [/^https?:\/\/json-schema\.org\/draft-04\/schema#?$/, 4],
  [/^https?:\/\/json-schema\.org\/schema#?$/, 2020],
];

/** The draft that `$schema` names, 2020-12 where it is absent; undefined for any other. */
export function draftOf(dialect: unknown): Draft | undefined {
  if (dialect === undefined) return 2020;
  return DRAFTS.find(([pattern]) => typeof dialect === "string" && pattern.test(dialect))?.[1];
}
