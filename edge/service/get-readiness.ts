import type { Log } from "#core/ports/log.ts";
import type { ServiceState } from "#core/store/service/service-state.ts";
import { addressOf } from "../admission/authenticate.ts";
import type { IsolateRateLimiter } from "../admission/isolate-rate-limiter.ts";
import { rateLimited } from "../admission/problems.ts";
import { openOperation } from "../http/operation.ts";
import { RETRY_AFTER } from "../openapi/headers.ts";
import { readiness } from "./schemas.ts";

export interface ReadyzDeps {
  readonly log: Log;
  /** By client address: this route asks four stores and needs no key. */
  readonly readyz_rate: IsolateRateLimiter;
  readonly checks: Readonly<Record<"redis" | "sqs" | "s3", () => Promise<unknown>>> & {
    readonly database: () => Promise<ServiceState>;
  };
}

/** Every store is asked at once, each for as long as any request to it may take. */
export const getReadiness = openOperation({
  id: "getReadiness",
  method: "GET",
  path: "/readyz",
  tag: "service",
  summary: "Can work be taken",
  description:
    "Asks database, redis, sqs and s3, in parallel. Without redis, or while the operator's switch is at read-only, the service is degraded: it serves, but not all or not as fast. In halt, without one of the other stores, or while no worker is alive, it is not ready.",
  responses: {
    200: { description: "Ready, or degraded.", schema: readiness },
    503: { description: "No work can be taken.", schema: readiness, headers: RETRY_AFTER },
  },
  problems: ["rate-limited"],
  async handle({ c, json }, deps: ReadyzDeps) {
    const verdict = deps.readyz_rate.take(addressOf(c));
    if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
    const [database, redis, sqs, s3] = await Promise.all([
      ask(deps, "database", deps.checks.database),
      ask(deps, "redis", deps.checks.redis),
      ask(deps, "sqs", deps.checks.sqs),
      ask(deps, "s3", deps.checks.s3),
    ]);
    const { mode, workers } = database.value ?? { mode: "unknown" as const, workers: undefined };
    const parts = {
      database: database.state,
      redis: redis.state,
      sqs: sqs.state,
      s3: s3.state,
      workers: workers === undefined ? "down: unknown" : workers > 0 ? "up" : "down: none-alive",
      switch: mode,
    };
    const isReady = mode !== "halt" && [parts.database, parts.sqs, parts.s3, parts.workers].every(isUp);
    if (!isReady) return json(503, { status: "not-ready", ...parts }, { "Retry-After": "2" });
    return json(200, { status: isUp(parts.redis) && mode === "normal" ? "ready" : "degraded", ...parts });
  },
});

const isUp = (state: string): boolean => state === "up";

async function ask<T>(
  deps: ReadyzDeps,
  store: keyof ReadyzDeps["checks"],
  check: () => Promise<T>,
): Promise<{ readonly state: string; readonly value?: T }> {
  try {
    return { state: "up", value: await check() };
  } catch (error) {
    deps.log.warn("a store is down", { store, error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.name : "";
    return { state: cause === "TimeoutError" ? "down: timeout" : "down: unreachable" };
  }
}
