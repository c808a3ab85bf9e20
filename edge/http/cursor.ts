import { z } from "zod";
import type { KeysetPosition } from "#core/store/keyset-position.ts";
import type { Position } from "#core/store/commit-position.ts";
import type { EdgeRequest } from "./context.ts";
import { utcMicros } from "./query.ts";

const MAX_CURSOR_CHARS = 200;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

export const NO_CURSOR = "is not a next_cursor of this list";
export const NO_POSITION = "is not a position in this list; start again without it";
const MAX_EPOCH = 1_000_000;
const BIGINT = /^(0|[1-9]\d{0,17})$/;

/** A place in a list as the text that leads to what follows it; opaque to callers. */
export const cursorOf = ({ at, id }: KeysetPosition): string => encoded({ at, id });

/** A position in the list of this name, likewise: one of another list would pass over what nobody has read. */
export const positionCursorOf = (list: string, { epoch, order, id }: Position): string =>
  encoded({ list, epoch, order, id });

const encoded = (value: object): string =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The place that a cursor of a list with such ids leads to. It names a moment and an id: it opens nobody's data. */
export function cursor(id: z.ZodType<string, string>) {
  return decodedAs(z.strictObject({ at: z.string().refine((at) => utcMicros(at) === at), id }), NO_CURSOR);
}

/** The position that a cursor of the list of this name, in commit order, leads to. */
export const positionCursor = (list: string) =>
  decodedAs(
    z
      .strictObject({
        list: z.literal(list),
        epoch: z.int().min(0).max(MAX_EPOCH),
        order: z.string().regex(BIGINT),
        id: z.string().regex(BIGINT),
      })
      .transform(({ epoch, order, id }): Position => ({ epoch, order, id })),
    NO_POSITION,
  );

function decodedAs<T>(schema: z.ZodType<T>, message: string) {
  return z.string().transform((text, context): T => {
    const parsed = schema.safeParse(decoded(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message, input: text });
    return z.NEVER;
  });
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
