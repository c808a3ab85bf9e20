import { configOrExit, reaperConfig } from "../config.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock, createSleeper } from "../drivers/clock.ts";
import { createWebhookSender } from "../drivers/fetch/webhook-sender.ts";
import { createLog } from "../drivers/log.ts";
import { createLogMetrics } from "../drivers/metrics.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createRandom } from "../drivers/random.ts";
import { createRedis } from "../drivers/redis.ts";
import { createS3Objects } from "../drivers/s3.ts";
import { createSqsDeadLetters } from "../drivers/sqs-dead-letters.ts";
import { createSqsQueue } from "../drivers/sqs.ts";
import { stopSignal } from "../drivers/stop-signal.ts";
import { reaperLoop } from "./loop.ts";

const STATEMENT_MS = 10_000;
const REDIS_MS = 2_000;
/** What one round does not manage, the next one does. */
const AWS = { request_ms: 15_000, attempts: 1 };
/** One for each sweep, and one more. */
const CONNECTIONS = 11;

const config = configOrExit(reaperConfig);
const log = createLog({ level: config.DPP_LOG_LEVEL, service: "reaper" });
const database = createPgDb({
  connectionString: config.DATABASE_URL,
  max: CONNECTIONS,
  statement_timeout_ms: STATEMENT_MS,
  timeout_is_roles: true,
  connect_timeout_ms: STATEMENT_MS,
  application_name: "dpp-reaper",
});
const mirror = createRedis({ url: config.REDIS_URL, command_timeout_ms: REDIS_MS });
const objects = createS3Objects({ client: awsClient(config, config.S3_ENDPOINT, AWS), bucket: config.S3_BUCKET });
const queue = createSqsQueue({
  client: awsClient(config, config.SQS_ENDPOINT, AWS),
  queue_url: config.SQS_QUEUE_URL,
  visibility_seconds: config.DPP_LEASE_SECONDS,
});
const dead_letters =
  config.SQS_DLQ_URL === undefined
    ? undefined
    : createSqsDeadLetters({
        client: awsClient(config, config.SQS_ENDPOINT, AWS),
        dlq_url: config.SQS_DLQ_URL,
        queue_url: config.SQS_QUEUE_URL,
      });

// For a supervisor that listens, as the development stack and some process managers do.
process.send?.("ready");
log.info("reaper started", { sweep_seconds: config.DPP_SWEEP_SECONDS });
if (dead_letters === undefined) log.warn("SQS_DLQ_URL is not set: dead letters are not watched");
await reaperLoop(
  {
    db: database.db,
    redis: mirror.redis,
    objects,
    queue,
    dead_letters,
    webhooks: {
      send: createWebhookSender({ allowHosts: config.DPP_WEBHOOK_ALLOW_HOSTS }),
      random: createRandom(),
      objects,
    },
    clock: createClock(),
    sleeper: createSleeper(),
    platform_failure_fee: config.DPP_PLATFORM_FAILURE_FEE,
    metrics: createLogMetrics(log),
    log,
  },
  {
    max_attempts: config.DPP_MAX_ATTEMPTS,
    claimed_seconds: config.DPP_CLAIMED_SECONDS,
    signal_seconds: config.DPP_SIGNAL_SECONDS,
    sweep_seconds: config.DPP_SWEEP_SECONDS,
    grace_seconds: config.DPP_SYNC_GRACE_SECONDS,
    audit_seconds: config.DPP_AUDIT_SECONDS,
  },
  stopSignal(),
);
await queue.close();
dead_letters?.close();
objects.close();
mirror.close();
await database.close();
log.info("reaper stopped");
