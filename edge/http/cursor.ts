import { z } from "zod";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { uuid } from "#core/domain/ids.ts";
import type { KeysetPosition } from "#core/store/keyset-position.ts";
import type { Position } from "#core/store/commit-position.ts";
import type { EdgeRequest } from "./context.ts";
import { invalidQuery } from "./field-errors.ts";
import { once, utcMicros } from "./query.ts";

const MAX_CURSOR_CHARS = 200;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const QUERY_CHARS = 12;
const MAX_EPOCH = 1_000_000;
const BIGINT = /^(0|[1-9]\d{0,17})$/;

export const NO_CURSOR = "is not a next_cursor of this list with these filters";
export const NO_POSITION = "is not a position in this list with these filters; start again without it";

/** Where a cursor leads to: a position in the list, and the query whose list that is. */
export interface Cursor<P> {
  readonly query: string;
  readonly position: P;
}

/**
 * The pages of one query: a list, and the filters as they were read. A cursor holds both beside a position, so that one
 * of another query is refused: it would pass over what nobody has read. It names positions and ids: it opens nobody's data.
 */
export function pagesOf(list: string, filters: Readonly<Record<string, unknown>>, refusal = NO_CURSOR) {
  // The order of a list of values does not count.
  const sets = Object.entries(filters).map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]);
  const query = sha256Hex(canonicalJson(Object.fromEntries(sets))).slice(0, QUERY_CHARS);
  return {
    /** The position that the cursor of a request leads to. Throws the 400 for one of another query. */
    after: <P>(place: Cursor<P> | undefined): P | undefined => {
      if (place === undefined || place.query === query) return place?.position;
      throw invalidQuery([{ parameter: "cursor", detail: refusal }]);
    },
    cursor: (position: KeysetPosition | Position | { readonly id: string }): string =>
      encoded({ list, query, ...position }),
  };
}
export type Pages = ReturnType<typeof pagesOf>;

const encoded = (value: object): string =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The parameter `cursor` of the list of this name, whose positions are times and ids. */
export const keysetCursor = (list: string, id: z.ZodType<string, string>) =>
  cursorOf<KeysetPosition>(list, { at: z.string().refine((at) => utcMicros(at) === at), id }, NO_CURSOR);

/** The same of a list whose positions are ids alone. */
export const idCursor = (list: string) => cursorOf<{ readonly id: string }>(list, { id: uuid }, NO_CURSOR);

/** The same of a list in commit order. */
export const positionCursor = (list: string) =>
  cursorOf<Position>(
    list,
    { epoch: z.int().min(0).max(MAX_EPOCH), order: z.string().regex(BIGINT), id: z.string().regex(BIGINT) },
    NO_POSITION,
  );

function cursorOf<P extends object>(list: string, position: { [N in keyof P]: z.ZodType<P[N]> }, refusal: string) {
  const query = z.string().length(QUERY_CHARS);
  const schema = z.strictObject({ list: z.literal(list), query, ...position });
  const place = z.string().transform((text, context): Cursor<P> => {
    const parsed = schema.safeParse(decoded(text));
    if (parsed.success) {
      const { list: _name, query: of, ...at } = parsed.data as unknown as { list: string; query: string } & P;
      return { query: of, position: at as unknown as P };
    }
    context.addIssue({ code: "custom", message: refusal, input: text });
    return z.NEVER;
  });
  return once(place).optional();
}

function decoded(text: string): unknown {
  if (text.length > MAX_CURSOR_CHARS || !BASE64URL.test(text)) return undefined;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}

/** The Link header (RFC 8288) to the next page: the request's own address, with another cursor. */
export function linkToNext(c: EdgeRequest, next_cursor: string | null): Record<string, string> {
  if (next_cursor === null) return {};
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set("cursor", next_cursor);
  return { Link: `<${pathname}?${searchParams.toString()}>; rel="next"` };
}
