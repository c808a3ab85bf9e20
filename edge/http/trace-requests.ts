import type { MiddlewareHandler } from "hono";
import type { Tracer } from "#core/ports/tracer.ts";
import type { EdgeTypes } from "./context.ts";
import { methodOf, routeOf } from "./route.ts";

export interface TraceDeps {
  readonly tracer: Tracer;
  readonly flushTraces?: (() => Promise<void>) | undefined;
}

/** Probes come all the time, and what they ask is measured. */
const PROBES = new Set(["/health", "/readyz"]);

/** Every request as a server span: the one that its answer and its run name as their `traceparent`. */
export function traceRequests({ tracer, flushTraces }: TraceDeps): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    const { parent } = c.get("trace");
    const method = methodOf(c);
    const what = {
      name: method,
      kind: "server",
      parent: c.req.header("traceparent"),
      self: PROBES.has(c.req.path) ? unsampled(parent) : parent,
      attributes: { "http.request.method": method },
    } as const;
    c.set("flushTraces", flushTraces);
    await tracer.span(what, async (span) => {
      await next();
      const route = routeOf(c);
      if (route !== undefined) span.rename(`${method} ${route}`);
      const { status } = c.res;
      span.set({ "http.route": route, "http.response.status_code": status, "dpp.problem": c.get("problem") });
      if (status >= 500) span.fail(String(status));
    });
    if (flushTraces !== undefined) c.executionCtx.waitUntil(flushTraces());
  };
}

const unsampled = (traceparent: string): string => `${traceparent.slice(0, -2)}00`;
