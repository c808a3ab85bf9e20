import { headerRef } from "./components.ts";
import type { Json } from "./json.ts";

export const query = (name: string, description: string, schema: Json, example: unknown): Json => ({
  name,
  in: "query",
  description,
  schema,
  example,
});

/** Several values in one list with commas; the same parameter repeated is taken too. */
export const listParameter = (name: string, description: string, values: readonly string[]): Json => ({
  ...query(
    name,
    description,
    { type: "array", minItems: 1, items: { type: "string", enum: values } },
    values.slice(2, 4),
  ),
  style: "form",
  explode: false,
});

export const limit = ({ most, usual }: { readonly most: number; readonly usual: number }, more = ""): Json =>
  query("limit", `How many at most.${more}`, { type: "integer", minimum: 1, maximum: most, default: usual }, usual);

/** Opaque to callers: each list makes its own. */
export const cursor = (example: string): Json =>
  query("cursor", "The `next_cursor` of the page before.", { type: "string", maxLength: 200 }, example);

/** The same of a list that is also to be had in the order of commits. */
export const cursorOrPosition = (example: string): Json => ({
  ...cursor(example),
  description: "The `next_cursor` of the page before, or a `next_position`, of the same order with the same filters.",
});

/** The first of these orders is the usual one. */
export const order = (description: string, orders: readonly string[]): Json =>
  query("order", description, { type: "string", enum: orders, default: orders[0] }, orders[1]);

const moment = { type: "string", format: "date-time" };
/** Windows that follow one another meet without a gap and without an overlap. */
export const CREATED = [
  query("created_after", "Only what was created at this time or later.", moment, "2026-11-01T00:00:00Z"),
  query("created_before", "Only what was created before this time.", moment, "2026-12-01T00:00:00Z"),
];

/** A parameter of the path that is an id. */
export const idParameter = (name: string, description: string, example: string, more: Json = {}): Json => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string", format: "uuid" },
  example,
  ...more,
});

export const NEXT = { Link: headerRef("Link") };
export const NEXT_POSITION = { "X-DPP-Next-Position": headerRef("NextPosition") };
