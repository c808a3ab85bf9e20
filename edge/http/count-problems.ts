import type { MiddlewareHandler } from "hono";
import type { Metrics } from "#core/ports/metrics.ts";
import type { EdgeTypes } from "./context.ts";

/** Counts every answer of 4xx or 5xx, by what it is; nothing of who asked or for what. */
export function countProblems(deps: { readonly metrics: Metrics }): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    await next();
    if (c.res.status < 400) return;
    const slug = c.get("problem");
    deps.metrics.count("answered", { status: String(c.res.status), ...(slug !== undefined && { slug }) });
  };
}
