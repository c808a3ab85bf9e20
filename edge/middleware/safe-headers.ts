import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "../context.ts";

/** What a page of ours may do, beyond which a route may allow what its page needs. */
export const CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const DEFAULTS = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": CONTENT_POLICY,
  "Cache-Control": "no-store",
};
const ONE_YEAR_S = 31_536_000;

/** Headers that every answer bears, unless its route said otherwise. */
export const safeHeaders: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!c.res.headers.has(name)) c.header(name, value);
  }
  // RFC 6797, 7.2: never over plain HTTP. Other hosts of the domain are not ours to decide about.
  if (new URL(c.req.url).protocol === "https:") c.header("Strict-Transport-Security", `max-age=${ONE_YEAR_S}`);
};
