import { isObject, isTypeName } from "./json-value.ts";
import type { Draft } from "./schema-keywords.ts";

const isCount = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isNumber = (value: unknown): boolean => typeof value === "number";
const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isSchema = (value: unknown): boolean => isObject(value) || typeof value === "boolean";
const isType = (value: unknown): boolean =>
  isTypeName(value) ||
  (Array.isArray(value) && value.length > 0 && value.every(isTypeName) && new Set(value).size === value.length);

type Check = readonly [why: string, isValid: (value: unknown, draft: Draft) => boolean];

const COUNT: Check = ["must be an integer of at least 0", isCount];
const NUMBER: Check = ["must be a number", isNumber];
const LIMIT: Check = [
  "must be a number, or in draft-04 a boolean",
  (value, draft) => (draft === 4 ? typeof value === "boolean" : isNumber(value)),
];
const TEXT: Check = ["must be a text", isText];
const NAMES: Check = [
  "must be a list of distinct names",
  (value) => isTexts(value) && new Set(value as string[]).size === (value as string[]).length,
];
const SCHEMAS: Check = [
  "must be a list of schemas with one in it at least",
  (value) => Array.isArray(value) && value.length > 0,
];
const OBJECT: Check = ["must be an object", isObject];

const CHECKS: Readonly<Record<string, Check>> = {
  $ref: TEXT,
  $dynamicRef: TEXT,
  $recursiveRef: TEXT,
  $anchor: TEXT,
  $dynamicAnchor: TEXT,
  $id: TEXT,
  format: TEXT,
  pattern: TEXT,
  type: ["must be a type, or a list of distinct ones", isType],
  enum: ["must be a list", (value) => Array.isArray(value)],
  required: NAMES,
  minLength: COUNT,
  maxLength: COUNT,
  minItems: COUNT,
  maxItems: COUNT,
  minProperties: COUNT,
  maxProperties: COUNT,
  minContains: COUNT,
  maxContains: COUNT,
  uniqueItems: ["must be a boolean", (value) => typeof value === "boolean"],
  multipleOf: ["must be a number above 0", (value) => isNumber(value) && (value as number) > 0],
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: LIMIT,
  exclusiveMaximum: LIMIT,
  allOf: SCHEMAS,
  anyOf: SCHEMAS,
  oneOf: SCHEMAS,
  prefixItems: SCHEMAS,
  properties: OBJECT,
  patternProperties: OBJECT,
  definitions: OBJECT,
  $defs: OBJECT,
  dependentSchemas: OBJECT,
  dependencies: OBJECT,
  dependentRequired: [
    "must be an object of lists of names",
    (value) => isObject(value) && Object.values(value).every(isTexts),
  ],
  items: [
    "must be a schema, or before draft 2020-12 a list of them",
    (value, draft) => isSchema(value) || (draft < 2020 && Array.isArray(value)),
  ],
};

/** Why the value of a keyword is invalid; undefined if it is valid, or if the keyword's value may be anything. */
export function keywordError(keyword: string, value: unknown, draft: Draft): string | undefined {
  const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
  return check === undefined || check[1](value, draft) ? undefined : check[0];
}
