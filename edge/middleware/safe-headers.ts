import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "../context.ts";

const DEFAULTS = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
};

/** Headers that every answer bears, unless its route said otherwise. */
export const safeHeaders: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!c.res.headers.has(name)) c.header(name, value);
  }
};
