import { inject } from "vitest";
import { encodeSignal } from "#core/domain/message.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { Log } from "#core/ports/log.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createClock, createSleeper } from "../../backend/drivers/clock.ts";
import { createRandom } from "../../backend/drivers/random.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { createOffThread } from "../../backend/worker/off-thread/off-thread.ts";
import { createPacks } from "../../backend/worker/packs/registry.ts";
import { processMessage, type WorkerDeps } from "../../backend/worker/process-run.ts";
import type { World } from "./harness.ts";

const TIMES = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };

/** A worker with every pack on the world's stores, which takes a run when it is told to. `errors` is what it logged. */
export function workerOf({ backend, redis }: Pick<World, "backend" | "redis">, fetch: GuardedFetch) {
  const stack = inject("stack");
  const aws = {
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: stack.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stack.secretAccessKey,
  };
  const objects = createS3Objects({
    client: awsClient(aws, stack.s3Endpoint, { request_ms: 10_000, attempts: 3 }),
    bucket: stack.bucket,
  });
  const errors: string[] = [];
  const error = (what: string) => void errors.push(what);
  const log: Log = { info: () => undefined, warn: () => undefined, error, child: () => log };
  const nothing = () => Promise.resolve();
  const deps: WorkerDeps = {
    db: backend,
    redis,
    objects,
    queue: { receive: () => Promise.resolve([]), send: nothing, delete: nothing, hide: nothing },
    packs: createPacks({}),
    offThread: createOffThread(),
    fetch,
    clock: createClock(),
    sleeper: createSleeper(),
    platform_failure_fee: "none",
    random: createRandom(),
    metrics: NO_METRICS,
    tracer: NO_TRACER,
    log,
  };
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  return {
    errors,
    run: (run_id: string) => {
      const message = { body: encodeSignal({ run_id, traceparent }), handle: run_id };
      return processMessage(deps, TIMES, message, new AbortController().signal);
    },
    close: () => objects.close(),
  };
}
