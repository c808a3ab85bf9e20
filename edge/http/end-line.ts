import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "./context.ts";

/** Ends every JSON answer with a newline, for terminals, but for those that go out verbatim. No route sets Content-Length: the platform counts. */
export const endLine: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  if (c.get("verbatim") === true) return;
  if (!/^application\/(problem\+)?json\b/.test(c.res.headers.get("Content-Type") ?? "")) return;
  c.res = new Response(`${await c.res.text()}\n`, c.res);
};
