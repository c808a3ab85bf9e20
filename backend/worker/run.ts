import { configOrExit, workerConfig } from "../config.ts";
import { essentials, pings } from "../doctor/essentials.ts";
import { measuredCalls, timeDb, timeRedis } from "#core/ports/timed.ts";
import { VERSION } from "#core/domain/version.ts";
import { Readiness } from "../doctor/readiness.ts";
import { sayAlive } from "../doctor/say-alive.ts";
import { waitForStores } from "../doctor/wait-for-stores.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock, createSleeper } from "../drivers/clock.ts";
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
import { createSqsQueue } from "../drivers/sqs.ts";
import { stopSignal } from "../drivers/stop-signal.ts";
import { timeObjects, timeQueue } from "../drivers/time-stores.ts";
import { workerLoop } from "./loop.ts";
import { createGuardedFetch } from "../drivers/fetch/guarded-fetch.ts";
import { createOffThread } from "./off-thread/off-thread.ts";
import { measurePacks } from "./measure-packs.ts";
import { measurePools } from "./measure-pools.ts";
import { createPacks } from "./packs/registry.ts";
import { routeUnhandledErrors } from "./unhandled-errors.ts";

const STATEMENT_MS = 10_000;
const REDIS_MS = 2_000;
/** One try: `finalize` repeats it as long as its claim is worth something. */
const S3 = { request_ms: 15_000, attempts: 1 };
/** Longer than a long poll. */
const SQS = { request_ms: 30_000, attempts: 3 };
/** Heartbeats and closings of all slots rarely meet at once. */
const MAX_CONNECTIONS = 20;

const config = configOrExit(workerConfig);
const log = createLog({ level: config.DPP_LOG_LEVEL, service: "worker" });
routeUnhandledErrors(log, () => process.exit(1));
const database = createPgDb({
  connectionString: config.DATABASE_URL,
  max: Math.min(config.DPP_WORKER_CONCURRENCY, MAX_CONNECTIONS),
  statement_timeout_ms: STATEMENT_MS,
  timeout_is_roles: true,
  connect_timeout_ms: STATEMENT_MS,
  application_name: "dpp-worker",
});
const mirror = createRedis({
  url: config.REDIS_URL,
  cluster: config.REDIS_CLUSTER,
  command_timeout_ms: REDIS_MS,
});
const objects = createS3Objects({ client: awsClient(config, config.S3_ENDPOINT, S3), bucket: config.S3_BUCKET });
const queue = createSqsQueue({
  client: awsClient(config, config.SQS_ENDPOINT, SQS),
  queue_url: config.SQS_QUEUE_URL,
  visibility_seconds: config.DPP_LEASE_SECONDS,
});

const model = config.DECISION_MODEL_URL;
const packs = createPacks(
  model === undefined
    ? {}
    : {
        decisionModel: {
          url: model,
          model: config.DECISION_MODEL_NAME ?? "",
          ...(config.DECISION_MODEL_API_KEY === undefined ? {} : { apiKey: config.DECISION_MODEL_API_KEY }),
        },
      },
);

const clock = createClock();
const sleeper = createSleeper();
const stop = stopSignal();
const prometheus = config.DPP_METRICS_PORT === undefined ? undefined : createPrometheus("worker");
const metrics = prometheus?.metrics ?? createLogMetrics(log);
const timed = measuredCalls(metrics, () => performance.now());
const random = createRandom();
const inspector = createQueueInspector({
  client: awsClient(config, config.SQS_ENDPOINT, SQS),
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
const found = await waitForStores(
  { checks: essentials({ ...stores, queue: inspector }), isPermanent, sleeper, log },
  stop,
);
if (found === "unusable") process.exit(1);
readiness.begin();
metrics.gauge("worker_concurrency", config.DPP_WORKER_CONCURRENCY);
metrics.gauge("build_info", 1, { version: VERSION });
metrics.gauge("process_started_timestamp_seconds", clock.now() / 1_000);
measurePools(metrics);
const alive = sayAlive({ ...stores, random, sleeper, log }, "worker", stop);
log.info("worker started", { concurrency: config.DPP_WORKER_CONCURRENCY, packs: [...packs.keys()] });
await workerLoop(
  {
    ...stores,
    queue: timeQueue(queue, timed),
    packs: measurePacks(packs, metrics),
    offThread: createOffThread(),
    fetch: createGuardedFetch({ allowHosts: config.DPP_FETCH_ALLOW_HOSTS }),
    sleeper,
    random,
    platform_failure_fee: config.DPP_PLATFORM_FAILURE_FEE,
    metrics,
    log,
  },
  {
    lease_seconds: config.DPP_LEASE_SECONDS,
    heartbeat_seconds: config.DPP_HEARTBEAT_SECONDS,
    claimed_seconds: config.DPP_CLAIMED_SECONDS,
    max_attempts: config.DPP_MAX_ATTEMPTS,
    concurrency: config.DPP_WORKER_CONCURRENCY,
    stop_seconds: config.DPP_STOP_SECONDS,
    onTurn: (isFull) => readiness.turn(isFull),
  },
  stop,
);
await alive;
health?.close();
inspector.close();
await queue.close();
objects.close();
mirror.close();
await database.close();
log.info("worker stopped");
