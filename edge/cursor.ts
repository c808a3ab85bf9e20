import { z } from "zod";
import type { Place } from "#core/store/postgres/place.ts";
import type { EdgeRequest } from "./context.ts";
import { utcMicros } from "./query.ts";

const MAX_CURSOR_CHARS = 200;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** A place in a list as the text that leads to what follows it; opaque to callers. */
export const cursorOf = ({ at, id }: Place): string =>
  btoa(JSON.stringify({ at, id })).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The place that a cursor of a list with such ids leads to. It names a moment and an id: it opens nobody's data. */
export function cursor(id: z.ZodType<string, string>) {
  const place = z.strictObject({ at: z.string().refine((at) => utcMicros(at) === at), id });
  return z.string().transform((text, context): Place => {
    const parsed = place.safeParse(decoded(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: "is not a next_cursor of this list", input: text });
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
