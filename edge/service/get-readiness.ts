import type { z } from "zod";
import type { StoreName } from "#core/domain/outage.ts";
import type { Log } from "#core/ports/log.ts";
import { addressOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { readiness } from "./schemas.ts";
import type { IsolateRateLimiter } from "../admission/isolate-rate-limiter.ts";
import { rateLimited } from "../admission/refusals.ts";

const TIMEOUT_MS = 2_000;

export interface ReadyzDeps {
  readonly log: Log;
  /** By client address: this route asks four stores and needs no key. */
  readonly readyz_rate: IsolateRateLimiter;
  readonly checks: Readonly<Record<StoreName, () => Promise<unknown>>>;
}

/** `GET /readyz`: every store is asked at once, each with its own time. */
export function readyz(deps: ReadyzDeps): EdgeHandler {
  return async (c) => {
    const verdict = deps.readyz_rate.take(addressOf(c));
    if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
    const [database, redis, sqs, s3] = await Promise.all([
      stateOf(deps, "database"),
      stateOf(deps, "redis"),
      stateOf(deps, "sqs"),
      stateOf(deps, "s3"),
    ]);
    const ready = [database, redis, sqs, s3].every((state) => state === "up");
    const body: z.input<typeof readiness> = { status: ready ? "ready" : "not-ready", database, redis, sqs, s3 };
    return c.json(body, ready ? 200 : 503, ready ? {} : { "Retry-After": "2" });
  };
}

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
