import { type Json, headerRef } from "./components.ts";

export const query = (name: string, description: string, schema: Json): Json => ({
  name,
  in: "query",
  description,
  schema,
});

/** Several values in one list with commas; the same parameter repeated is taken too. */
export const listParameter = (name: string, description: string, values: readonly string[]): Json => ({
  ...query(name, description, { type: "array", minItems: 1, items: { type: "string", enum: values } }),
  style: "form",
  explode: false,
});

export const limit = ({ most, usual }: { readonly most: number; readonly usual: number }, more = ""): Json =>
  query("limit", `How many at most.${more}`, { type: "integer", minimum: 1, maximum: most, default: usual });

export const CURSOR = query("cursor", "The `next_cursor` of the page before.", { type: "string", maxLength: 200 });

const moment = { type: "string", format: "date-time" };
/** Windows that follow one another meet without a gap and without an overlap. */
export const CREATED = [
  query("created_after", "Only what was created at this time or later.", moment),
  query("created_before", "Only what was created before this time.", moment),
];

export const NEXT = { Link: headerRef("Link") };
