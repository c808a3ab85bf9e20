import type { MiddlewareHandler } from "hono";
import type { Clock } from "#core/ports/clock.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { EdgeTypes } from "./context.ts";
import { methodOf, routeOf } from "./route.ts";

/** Counts every response by what was asked and answered, and measures how long it took to begin. */
export function measureRequests(deps: {
  readonly metrics: Metrics;
  readonly clock: Clock;
}): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    const began_ms = deps.clock.now();
    await next();
    const asked = { method: methodOf(c), route: routeOf(c) ?? "none", status: String(c.res.status) };
    deps.metrics.count("requests", { ...asked, slug: c.get("problem") ?? "" });
    deps.metrics.observe("request_seconds", (deps.clock.now() - began_ms) / 1_000, asked);
  };
}
