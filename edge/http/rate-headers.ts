import type { MiddlewareHandler } from "hono";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { EdgeTypes } from "./context.ts";

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/**
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), and the same as X-RateLimit-*, whose reset is in
 * Unix seconds as GitHub has it, whenever the shield said where the caller stands.
 */
export function rateHeaders({ clock }: { readonly clock: Clock }): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    await next();
    const rate = c.get("rate") ?? (c.error instanceof Problem ? c.error.extras.rate : undefined);
    if (rate === undefined) return;
    const { limit, remaining, reset_ms, window_ms } = rate.state;
    c.header("RateLimit", `"${rate.policy}";r=${remaining};t=${seconds(reset_ms)}`);
    c.header("RateLimit-Policy", `"${rate.policy}";q=${limit};w=${seconds(window_ms)}`);
    c.header("X-RateLimit-Limit", String(limit));
    c.header("X-RateLimit-Remaining", String(remaining));
    c.header("X-RateLimit-Reset", String(Math.ceil((clock.now() + reset_ms) / 1000)));
  };
}
