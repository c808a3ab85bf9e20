import type { StoreName } from "#core/domain/outage.ts";
import type { Log } from "#core/ports/log.ts";
import { addressOf } from "../admission/authenticate.ts";
import type { IsolateRateLimiter } from "../admission/isolate-rate-limiter.ts";
import { rateLimited } from "../admission/problems.ts";
import { openOperation } from "../http/operation.ts";
import { RETRY_AFTER } from "../openapi/headers.ts";
import { readiness } from "./schemas.ts";

const TIMEOUT_MS = 2_000;

export interface ReadyzDeps {
  readonly log: Log;
  /** By client address: this route asks four stores and needs no key. */
  readonly readyz_rate: IsolateRateLimiter;
  readonly checks: Readonly<Record<StoreName, () => Promise<unknown>>>;
}

/** Every store is asked at once, each with its own time. */
export const getReadiness = openOperation({
  id: "getReadiness",
  method: "GET",
  path: "/readyz",
  tag: "service",
  summary: "Can work be taken",
  description: "Asks database, redis, sqs and s3, in parallel.",
  responses: {
    200: { description: "Every store is up.", schema: readiness },
    503: { description: "At least one store is down.", schema: readiness, headers: RETRY_AFTER },
  },
  problems: ["rate-limited"],
  async handle({ c, json }, deps: ReadyzDeps) {
    const verdict = deps.readyz_rate.take(addressOf(c));
    if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
    const [database, redis, sqs, s3] = await Promise.all([
      stateOf(deps, "database"),
      stateOf(deps, "redis"),
      stateOf(deps, "sqs"),
      stateOf(deps, "s3"),
    ]);
    const ready = [database, redis, sqs, s3].every((state) => state === "up");
    const stores = { database, redis, sqs, s3 };
    if (ready) return json(200, { status: "ready", ...stores });
    return json(503, { status: "not-ready", ...stores }, { "Retry-After": "2" });
  },
});

async function stateOf(deps: ReadyzDeps, store: StoreName): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), TIMEOUT_MS);
  });
  try {
    return (await Promise.race([deps.checks[store](), late])) === "late" ? "down: timeout" : "up";
  } catch (error) {
    deps.log.warn("a store is down", { store, error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.name : "";
    return cause === "TimeoutError" ? "down: timeout" : "down: unreachable";
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
