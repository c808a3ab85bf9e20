import { configOrExit, reaperConfig } from "../config.ts";
import { essentials, pings } from "../doctor/essentials.ts";
import { measuredCalls, timeDb, timeRedis } from "#core/ports/timed.ts";
import { VERSION } from "#core/domain/version.ts";
import { Readiness } from "../doctor/readiness.ts";
import { sayAlive } from "../doctor/say-alive.ts";
import { waitForStores } from "../doctor/wait-for-stores.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock, createSleeper } from "../drivers/clock.ts";
import { createWebhookSender } from "../drivers/fetch/webhook-sender.ts";
import { serveHealth } from "../drivers/health-server.ts";
import { createQueueInspector } from "../drivers/inspect-queue.ts";
import { isPermanent } from "../drivers/is-permanent.ts";
import { createLog } from "../drivers/log.ts";
import { createLogMetrics } from "../drivers/metrics.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createPrometheus } from "../drivers/prometheus.ts";
import { createRandom } from "../drivers/random.ts";
import { createRedis } from "../drivers/redis.ts";
import { createS3Objects } from "../drivers/s3.ts";
import { createSqsDeadLetters } from "../drivers/sqs-dead-letters.ts";
import { createSqsQueue } from "../drivers/sqs.ts";
import { stopSignal } from "../drivers/stop-signal.ts";
import { timeObjects, timeQueue } from "../drivers/time-stores.ts";
import { reaperLoop } from "./loop.ts";

const STATEMENT_MS = 10_000;
const REDIS_MS = 2_000;
/** What one round does not manage, the next one does. */
const AWS = { request_ms: 15_000, attempts: 1 };
/** One for each sweep, and one more. */
const CONNECTIONS = 12;

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
const mirror = createRedis({
  url: config.REDIS_URL,
  cluster: config.REDIS_CLUSTER,
  command_timeout_ms: REDIS_MS,
});
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

const clock = createClock();
const sleeper = createSleeper();
const stop = stopSignal();
const prometheus = config.DPP_METRICS_PORT === undefined ? undefined : createPrometheus("reaper");
const metrics = prometheus?.metrics ?? createLogMetrics(log);
const timed = measuredCalls(metrics, () => performance.now());
const random = createRandom();
const inspector = createQueueInspector({
  client: awsClient(config, config.SQS_ENDPOINT, AWS),
  queue_url: config.SQS_QUEUE_URL,
});
const stores = {
  db: timeDb(database.db, timed),
  redis: timeRedis(mirror.redis, timed),
  objects: timeObjects(objects, timed),
  clock,
};
const readiness = new Readiness(pings({ ...stores, queue: inspector }), clock, stop);
const health =
  prometheus === undefined
    ? undefined
    : await serveHealth(
        {
          isAlive: () => readiness.isAlive(),
          notReady: () => readiness.notReady(),
          metrics: async () => ({ text: await prometheus.text(), type: prometheus.contentType }),
        },
        { port: config.DPP_METRICS_PORT ?? 0, host: config.DPP_METRICS_HOST },
      );

// For a supervisor that listens, as the development stack and some process managers do.
process.send?.("ready");
if (dead_letters === undefined) log.warn("SQS_DLQ_URL is not set: dead letters are not watched");
const found = await waitForStores(
  { checks: essentials({ ...stores, queue: inspector }), isPermanent, sleeper, log },
  stop,
);
if (found === "unusable") process.exit(1);
readiness.begin();
metrics.gauge("build_info", 1, { version: VERSION });
metrics.gauge("process_started_timestamp_seconds", clock.now() / 1_000);
const alive = sayAlive({ ...stores, random, sleeper, log }, "reaper", stop);
log.info("reaper started", { sweep_seconds: config.DPP_SWEEP_SECONDS });
await reaperLoop(
  {
    ...stores,
    queue: timeQueue(queue, timed),
    dead_letters,
    webhooks: {
      send: createWebhookSender({ allowHosts: config.DPP_WEBHOOK_ALLOW_HOSTS }),
      random,
      objects,
    },
    sleeper,
    inspector,
    onRound: () => readiness.turn(),
    platform_failure_fee: config.DPP_PLATFORM_FAILURE_FEE,
    metrics,
    log,
  },
  {
    max_attempts: config.DPP_MAX_ATTEMPTS,
    claimed_seconds: config.DPP_CLAIMED_SECONDS,
    signal_seconds: config.DPP_SIGNAL_SECONDS,
    sweep_seconds: config.DPP_SWEEP_SECONDS,
    grace_seconds: config.DPP_SYNC_GRACE_SECONDS,
    audit_seconds: config.DPP_AUDIT_SECONDS,
    resting_seconds: config.DPP_SYNC_RESTING_SECONDS,
  },
  stop,
);
await alive;
health?.close();
inspector.close();
await queue.close();
dead_letters?.close();
objects.close();
mirror.close();
await database.close();
log.info("reaper stopped");
