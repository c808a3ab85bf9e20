import { z } from "zod";
import type { Json } from "../openapi/json.ts";
import { listOf, moment, once, type QueryParameter, wholeNumber } from "./query.ts";

/** A parameter that is given once. */
export const parameter = <S extends z.ZodType>(
  schema: S,
  description: string,
  json: Json,
  example: unknown,
): QueryParameter<S> => ({ schema, document: { description, schema: json, example } });

interface PageSize {
  readonly max: number;
  readonly default: number;
}

export const limitSchema = (size: PageSize) => once(wholeNumber(1, size.max)).default(size.default);

export const limit = (size: PageSize, more = "") =>
  parameter(
    limitSchema(size),
    `The maximum number of entries.${more}`,
    { type: "integer", minimum: 1, maximum: size.max, default: size.default },
    size.default,
  );

const text = (maxLength: number) => ({ type: "string", maxLength });

/** Opaque to callers: each list makes its own. */
export const cursorParameter = <S extends z.ZodType>(schema: S, example: string) =>
  parameter(
    schema,
    "The `next_cursor` of the page before, with the same filters. One of another query is refused.",
    text(200),
    example,
  );

/** The same of a list that can also be read in the order of commits. */
export const cursorOrPosition = <S extends z.ZodType>(schema: S, example: string) =>
  parameter(
    schema,
    "The `next_cursor` of the page before, or a `next_position`, of the same order with the same filters. One of another query is refused.",
    text(200),
    example,
  );

export const oneOf = <O extends string>(values: readonly O[]) => z.enum(values, `must be one of ${values.join(", ")}`);

/** The first of these orders is the default. */
export const orderParameter = <O extends string>(description: string, orders: readonly [O, ...O[]]) =>
  parameter(
    once(oneOf(orders)).optional(),
    description,
    { type: "string", enum: orders, default: orders[0] },
    orders[1],
  );

/** Several values in one list with commas; the same parameter repeated is accepted too. */
export const listParameter = <O extends string>(description: string, values: readonly O[]) => ({
  schema: listOf(oneOf(values)).optional(),
  document: {
    description,
    schema: { type: "array", minItems: 1, items: { type: "string", enum: values } },
    example: values.slice(2, 4),
    style: "form",
    explode: false,
  },
});

const time = { type: "string", format: "date-time" };

/** Windows that follow one another meet without a gap and without an overlap. */
export const CREATED = {
  created_after: parameter(
    once(moment).optional(),
    "Only what was created at this time or later.",
    time,
    "2026-11-01T00:00:00Z",
  ),
  created_before: parameter(
    once(moment).optional(),
    "Only what was created before this time.",
    time,
    "2026-12-01T00:00:00Z",
  ),
};
