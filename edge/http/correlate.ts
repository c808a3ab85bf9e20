import type { MiddlewareHandler } from "hono";
import { newId } from "#core/domain/ids.ts";
import { continueTrace } from "#core/domain/trace.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import type { EdgeTypes } from "./context.ts";

const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

interface CorrelateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly origin?: string | undefined;
  /** The share of all traces that are sampled. */
  readonly trace_ratio?: number;
}

/** Gives every request an id and a place in a trace, and says both in the answer. */
export function correlate(deps: CorrelateDeps): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    const given = c.req.header("X-Request-ID") ?? "";
    const request_id = SANE_ID.test(given) ? given : newId(deps.clock.now(), deps.random.bytes(16));
    const trace = continueTrace(c.req.header("traceparent"), deps.random.bytes(24), deps.trace_ratio);
    c.set("request_id", request_id);
    c.set("trace", trace);
    c.set("origin", deps.origin);
    await next();
    c.header("X-Request-ID", request_id);
    c.header("traceparent", trace.parent);
  };
}
