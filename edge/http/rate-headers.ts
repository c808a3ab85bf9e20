import type { MiddlewareHandler } from "hono";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeTypes } from "./context.ts";

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), whenever the shield said where the caller stands. */
export const rateHeaders: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  const rate = c.get("rate") ?? (c.error instanceof Problem ? c.error.extras.rate : undefined);
  if (rate === undefined) return;
  const { policy, state } = rate;
  c.header("RateLimit", `"${policy}";r=${state.remaining};t=${seconds(state.reset_ms)}`);
  c.header("RateLimit-Policy", `"${policy}";q=${state.limit};w=${seconds(state.window_ms)}`);
};
