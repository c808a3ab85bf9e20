import { randomBytes } from "node:crypto";
import { newApiKey } from "#core/domain/api-key.ts";
import type { Redis } from "#core/ports/redis.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { type AppDeps, createApp } from "../../../edge/app.ts";
import { ConnectionLimiter } from "../../../edge/admission/connection-limiter.ts";
import { IsolateRateLimiter } from "../../../edge/admission/isolate-rate-limiter.ts";
import { LruCache } from "../../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../../edge/admission/denied-key-cache.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOBODY: Redis = {
  run: () => Promise.reject(new Error("no script runs for a key that is nobody's")),
  // What the shield remembers of a key that Postgres does not know.
  get: () => Promise.resolve("unknown"),
  set: () => Promise.resolve(),
};
const unused = (what: string) => (): never => {
  throw new Error(`${what} was asked for a key that is nobody's`);
};
const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export const madeUpKey = (): string => newApiKey("live", bytes(96));

/** The dependencies of an edge whose stores know nobody, and whose own rates hold nobody back. */
export function loneDeps(change: Partial<AppDeps> = {}): AppDeps {
  const clock = { now: () => 1_800_000_000_000 };
  const rate = () => new IsolateRateLimiter({ per_minute: 1e9, burst: 1e9 }, clock);
  return {
    db: { query: unused("Postgres") },
    redis: NOBODY,
    signals: { send: unused("SQS") },
    objects: { head: unused("S3"), presign: unused("S3") } as unknown as AppDeps["objects"],
    clock,
    random: { bytes },
    log: silentLog,
    metrics: NO_METRICS,
    tracer: NO_TRACER,
    version: "test",
    build: "test",
    origin: undefined,
    cors: { origins: [], localhost: false },
    security_contact: undefined,
    grace_seconds: 90,
    webhook_policy: { allow_http: false, allow_hosts: [] },
    has_model: true,
    tenants: new LruCache(20_000),
    unauthenticated: rate(),
    denied_keys: new DeniedKeyCache(clock),
    invalid_bodies: rate(),
    refusal_lines: rate(),
    bypass: { submit: rate(), read: rate() },
    refreshes: rate(),
    readyz_rate: rate(),
    sleeper: { sleep: () => Promise.resolve() },
    large_csvs: new ConnectionLimiter(
      { per_name: 1, in_all: 4, share_of_free: 1, silence_ms: 120_000, turn_ms: Number.POSITIVE_INFINITY },
      clock,
    ),
    connections: new ConnectionLimiter(
      { per_name: 64, in_all: 2_000, share_of_free: 1 / 16, silence_ms: 15_000, turn_ms: 60_000 },
      clock,
    ),
    signer: undefined,
    receipt_keys: [],
    checks: { database: unused("Postgres"), redis: unused("Redis"), sqs: unused("SQS"), s3: unused("S3") },
    ...change,
  };
}

export type LoneEdge = ReturnType<typeof createApp>;

export const loneEdge = (): LoneEdge => createApp(loneDeps());
