import { z } from "zod";
import type { EdgeRequest } from "./context.ts";
import { queryProblem } from "./field-errors.ts";

const NAMED = /^([a-z_]+)\[(.*)\]$/s;

type Value = string | readonly [name: string, value: string];

/**
 * The parameters of a query as this schema reads them; the schema is given lists of all values of a parameter, and for
 * one written as `parameter[name]=value` a list of pairs. Throws the 400 problem, which names every fault.
 */
export function readQuery<S extends z.ZodObject>(c: EdgeRequest, schema: S): z.output<S> {
  const given = new Map<string, Value[]>();
  for (const [parameter, value] of new URL(c.req.url).searchParams) {
    const [, family = "", name = ""] = NAMED.exec(parameter) ?? [];
    const [key, entry]: [string, Value] = Object.hasOwn(schema.shape, family)
      ? [family, [name, value]]
      : [parameter, value];
    const entries = given.get(key) ?? [];
    entries.push(entry);
    given.set(key, entries);
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw queryProblem(parsed.error);
  return parsed.data;
}

const text = z
  .string("is not taken with a name in brackets")
  .refine((value) => !value.includes("\0"), "contains a NUL character");

/** A parameter that is given once. */
export const once = <S extends z.ZodType<unknown, string>>(schema: S) =>
  z
    .array(text)
    .length(1, "must be given once")
    .transform(([value]) => value ?? "")
    .pipe(schema);

/** A parameter that takes several values, each counted once: repeated, or in one list with commas. */
export const listOf = <S extends z.ZodType<unknown, string>>(item: S) =>
  z
    .array(text)
    .transform((values) => [...new Set(values.flatMap((value) => value.split(",")))])
    .pipe(z.array(item));

const BY_NAME = "must be written as parameter[name]=value";

/** A parameter written as `parameter[name]=value`, once for each name. */
export const pairs = (most: { readonly pairs: number; readonly name_chars: number; readonly value_chars: number }) =>
  z
    .array(
      z.tuple(
        [
          text.min(1, BY_NAME).max(most.name_chars, `has a name of over ${most.name_chars} characters`),
          text.max(most.value_chars, `has a value of over ${most.value_chars} characters`),
        ],
        BY_NAME,
      ),
    )
    .max(most.pairs, `must be at most ${most.pairs} pairs`)
    .refine((list) => new Set(list.map(([name]) => name)).size === list.length, "must be given once for each name")
    .transform((list): Readonly<Record<string, string>> => Object.fromEntries(list));

/** A whole number in these bounds, both included. */
export function wholeNumber(least: number, most: number) {
  const fault = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, fault)
    .transform(Number)
    .refine((value) => value >= least && value <= most, fault);
}

const RFC_3339 = z.iso.datetime({ offset: true });
const FRACTION = /\.(\d+)/;

/** An RFC 3339 time as UTC with six decimal places; undefined for what is none, or lies before the year 1 or after 9999. */
export function utcMicros(value: string): string | undefined {
  if (value.length > 64 || !RFC_3339.safeParse(value).success) return undefined;
  const date = new Date(value.replace(FRACTION, ""));
  if (!Number.isFinite(date.getTime())) return undefined;
  const whole = date.toISOString();
  if (!/^(?!0000)\d{4}-/.test(whole)) return undefined;
  const micros = (FRACTION.exec(value)?.[1] ?? "").slice(0, 6).padEnd(6, "0");
  return `${whole.slice(0, 19)}.${micros}Z`;
}

/** A moment, to the microsecond. */
export const moment = z.string().transform((value, context) => {
  const utc = utcMicros(value);
  if (utc !== undefined) return utc;
  const message = 'must be an RFC 3339 time such as "2026-11-01T00:00:00Z"; in a URL, + is written %2B';
  context.addIssue({ code: "custom", message, input: value });
  return z.NEVER;
});

/** An operation without query parameters. */
export const NO_QUERY = z.strictObject({});
