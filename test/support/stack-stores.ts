import { S3Client } from "@aws-sdk/client-s3";
import { inject } from "vitest";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createClock, createSleeper } from "../../backend/drivers/clock.ts";
import { createRandom } from "../../backend/drivers/random.ts";
import { createRedis } from "../../backend/drivers/redis.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { createOffThread } from "../../backend/worker/off-thread/off-thread.ts";
import type { WorkerDeps } from "../../backend/worker/process-run.ts";
import { awsSettings } from "../dev/aws-settings.ts";
import { silentLog } from "./silent-log.ts";

const NO_NETWORK = () => Promise.reject(new Error("no network in this test"));

/** The Redis and the S3 that tests share, and what a worker needs beside them, a database and a queue. */
export function stackStores() {
  const stack = inject("stack");
  const { redis, close } = createRedis({ url: stack.redisUrl, command_timeout_ms: 5_000 });
  const client = awsClient(awsSettings(stack), stack.s3Endpoint, { request_ms: 10_000, attempts: 3 });
  const objects = createS3Objects({ client, bucket: stack.bucket });
  const s3 = new S3Client(client);
  const worker: Omit<WorkerDeps, "db" | "queue"> = {
    redis,
    objects,
    packs: new Map(),
    offThread: createOffThread(),
    fetch: NO_NETWORK,
    clock: createClock(),
    sleeper: createSleeper(),
    random: createRandom(),
    platform_failure_fee: "none",
    metrics: NO_METRICS,
    tracer: NO_TRACER,
    log: silentLog,
  };
  return {
    stack,
    redis,
    objects,
    s3,
    worker,
    close: () => {
      close();
      objects.close();
      s3.destroy();
    },
  };
}
