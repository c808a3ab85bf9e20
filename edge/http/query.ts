import { z } from "zod";
import type { Json } from "../openapi/json.ts";
import type { EdgeRequest } from "./context.ts";
import { queryProblem } from "./field-errors.ts";

const NAMED = /^([a-z_]+)\[(.*)\]$/s;

type Value = string | readonly [name: string, value: string];

/** A query parameter: how its values are read, and what the document says of it. */
export interface QueryParameter<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly document: Json;
}
type QueryParameters = Readonly<Record<string, QueryParameter>>;

/** The parameters of an operation's query. `read` throws the 400 problem, which names every invalid parameter. */
export interface Query<T> {
  readonly parameters: Readonly<Record<string, Pick<QueryParameter, "document">>>;
  readonly read: (c: EdgeRequest) => T;
}

type Shape<P extends QueryParameters> = { [N in keyof P]: P[N]["schema"] };
type Output<S> = { readonly [N in keyof S]: z.output<S[N]> };

const shapeOf = <P extends QueryParameters>(parameters: P): Shape<P> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { schema }]) => [name, schema])) as Shape<P>;

export function queryOf<P extends QueryParameters>(parameters: P): Query<Output<Shape<P>>> {
  const schema = z.strictObject(shapeOf(parameters));
  return { parameters, read: (c) => parseQuery(c, schema) as Output<Shape<P>> };
}

type Variants = Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>;

/**
 * A query some of whose parameters are read differently by what the request asks for. `choose` names the variant, whose
 * schemas stand in for those of the parameters of the same names; the result says in `by` which it was.
 */
export function queryBy<P extends QueryParameters, V extends Variants>(
  parameters: P,
  variants: V,
  choose: (c: EdgeRequest) => keyof V,
) {
  type Read = {
    [K in keyof V]: { readonly by: K } & Output<Omit<Shape<P>, keyof V[K]>> & Output<V[K]>;
  }[keyof V];
  const shape = shapeOf(parameters);
  const schemas = new Map(
    Object.entries(variants).map(([by, own]) => [by, z.strictObject({ ...shape, ...own })] as const),
  );
  const read = (c: EdgeRequest): Read => {
    const by = choose(c);
    const schema = schemas.get(String(by));
    if (schema === undefined) throw new Error(`no variant ${String(by)} of a query`);
    return { ...parseQuery(c, schema), by } as Read;
  };
  return { parameters, read } satisfies Query<Read>;
}

/** The schema is given lists of all values of a parameter, and for `parameter[name]=value` a list of pairs. */
function parseQuery<S extends z.ZodObject>(c: EdgeRequest, schema: S): z.output<S> {
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

/** An operation without query parameters. */
export const NO_QUERY = queryOf({});

const text = z
  .string("does not accept a name in brackets")
  .refine((value) => !value.includes("\0"), "contains a NUL character");

/** A parameter that is given once. */
export const once = <S extends z.ZodType<unknown, string>>(schema: S) =>
  z
    .array(text)
    .length(1, "must be given once")
    .transform(([value]) => value ?? "")
    .pipe(schema);

/** How axios and PHP repeat a parameter: `status[]=A`, `status[0]=A`. */
const indexed = z.tuple([z.string().regex(/^\d{0,4}$/), text]).transform(([, value]) => value);

/** A parameter that takes several values, each counted once: repeated, with `[]` or not, or in one list with commas. */
export const listOf = <S extends z.ZodType<unknown, string>>(item: S) =>
  z
    .array(z.union([text, indexed], "does not accept a name in brackets"))
    .transform((values) => [...new Set(values.flatMap((value) => value.split(",")))])
    .pipe(z.array(item));

const BY_NAME = "must be written as parameter[name]=value";

/** A parameter written as `parameter[name]=value`, once for each name. */
export const pairs = (max: { readonly pairs: number; readonly name_chars: number; readonly value_chars: number }) =>
  z
    .array(
      z.tuple(
        [
          text.min(1, BY_NAME).max(max.name_chars, `has a name of over ${max.name_chars} characters`),
          text.max(max.value_chars, `has a value of over ${max.value_chars} characters`),
        ],
        BY_NAME,
      ),
    )
    .max(max.pairs, `must be at most ${max.pairs} pairs`)
    .refine((list) => new Set(list.map(([name]) => name)).size === list.length, "must be given once for each name")
    .transform((list): Readonly<Record<string, string>> => Object.fromEntries(list));

/** A whole number in these bounds, both included. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

const RFC_3339 = z.iso.datetime({ offset: true });
const FRACTION = /\.(\d+)/;

/** An RFC 3339 time as UTC with six decimal places; undefined for anything else, or before the year 1 or after 9999. */
export function utcMicros(text: string): string | undefined {
  const value = text.toUpperCase();
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
