import { randomUUID } from "node:crypto";
import { exportSettings } from "#core/domain/otlp.ts";
import { VERSION } from "#core/domain/version.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { type Call, measuredCalls, queueName, timeDb, timeRedis, tracedCalls } from "#core/ports/timed.ts";
import type { Random } from "#core/ports/random.ts";
import { createTracer } from "#core/ports/tracer.ts";
import type { SharedConfig } from "./config.ts";
import { essentials, pings } from "./doctor/essentials.ts";
import { LoopWatch } from "./doctor/loop-watch.ts";
import { Readiness } from "./doctor/readiness.ts";
import { sayAlive } from "./doctor/say-alive.ts";
import { waitForStores } from "./doctor/wait-for-stores.ts";
import { awsClient, type AwsLimits } from "./drivers/aws-client.ts";
import { createClock, createSleeper } from "./drivers/clock.ts";
import { createCurrentSpan } from "./drivers/current-span.ts";
import { serveHealth } from "./drivers/health-server.ts";
import { createQueueInspector } from "./drivers/inspect-queue.ts";
import { isPermanent } from "./drivers/is-permanent.ts";
import { createLogMetrics } from "./drivers/metrics.ts";
import { createPgDb } from "./drivers/pg.ts";
import { createPrometheus } from "./drivers/prometheus.ts";
import { createRandom } from "./drivers/random.ts";
import { createRedis } from "./drivers/redis.ts";
import { createS3Objects } from "./drivers/s3.ts";
import { createSqsQueue } from "./drivers/sqs.ts";
import { stopSignal } from "./drivers/stop-signal.ts";
import { timeObjects, timeQueue } from "./drivers/time-stores.ts";

const STATEMENT_MS = 10_000;
const REDIS_MS = 2_000;

export interface Service {
  readonly name: "worker" | "reaper";
  readonly config: SharedConfig;
  readonly log: Log;
  readonly connections: number;
  readonly s3: AwsLimits;
  readonly sqs: AwsLimits;
}

/** What a worker and a reaper have in common: stores that are timed, metrics, health, and an orderly stop. */
export async function startService(service: Service) {
  const { name, config, log } = service;
  const prometheus = config.DPP_METRICS_PORT === undefined ? undefined : createPrometheus(name);
  const metrics = prometheus?.metrics ?? createLogMetrics(log);
  const open = openStores(service);
  const clock = createClock();
  const sleeper = createSleeper();
  const random = createRandom();
  const tracing = await openTracing(service, metrics, random);
  const stop = stopSignal();
  const stores = timeStores(open, tracing.timed);
  const checked = { ...stores, queue: open.inspector, clock };
  const readiness = new Readiness(pings(checked), clock, stop);
  const liveness = new LoopWatch(clock);
  const health =
    prometheus === undefined
      ? undefined
      : await serveHealth(
          {
            stalled: () => liveness.stalled(),
            notReady: () => readiness.notReady(),
            metrics: async () => ({ text: await prometheus.text(), type: prometheus.contentType }),
          },
          { port: config.DPP_METRICS_PORT ?? 0, host: config.DPP_METRICS_HOST },
        );
  let alive: Promise<void> | undefined;
  return {
    stores,
    inspector: open.inspector,
    clock,
    sleeper,
    random,
    stop,
    liveness,
    metrics,
    tracer: tracing.tracer,
    /** Returns when the stores can be used, or the stop has come; ends the process when they never will be. */
    async begin(): Promise<void> {
      // For a supervisor that listens, as the development stack and some process managers do.
      process.send?.("ready");
      const found = await waitForStores({ checks: essentials(checked), isPermanent, sleeper, log }, stop);
      if (found === "unusable") process.exit(1);
      readiness.begin();
      metrics.gauge("build_info", 1, { version: VERSION });
      metrics.gauge("process_started_timestamp_seconds", clock.now() / 1_000);
      alive = sayAlive({ db: stores.db, clock, random, sleeper, log }, name, stop);
    },
    async close(): Promise<void> {
      health?.close();
      await alive;
      await open.close();
      await tracing.close();
      log.info(`${name} stopped`);
    },
  };
}

/** Measures each call of a store, and traces it. What sends spans is loaded where they are exported, and nowhere else. */
async function openTracing({ name, config, log }: Service, metrics: Metrics, random: Random) {
  const exporter = await openExporter();
  const now_ms = () => performance.timeOrigin + performance.now();
  const tracer = createTracer({ current: createCurrentSpan(), random, now_ms, record: exporter?.record });
  const places = { queue: queueName(config.SQS_QUEUE_URL), bucket: config.S3_BUCKET };
  const measured = measuredCalls(metrics, () => performance.now());
  return {
    tracer,
    timed: tracedCalls(tracer, places, measured),
    close: async () => exporter?.close(),
  };

  async function openExporter() {
    const settings = exportSettings(config, `dpp-${name}`);
    if (settings === undefined) return undefined;
    const { createTraceExporter } = await import("./drivers/trace-exporter.ts");
    const resource = {
      "service.name": settings.service_name,
      "service.namespace": "decisionproof",
      "service.version": VERSION,
      "service.instance.id": randomUUID(),
    };
    return createTraceExporter({ settings, resource, metrics, log });
  }
}

const timeStores = (open: ReturnType<typeof openStores>, timed: Call) => ({
  db: timeDb(open.database.db, timed),
  redis: timeRedis(open.mirror.redis, timed),
  objects: timeObjects(open.objects, timed),
  queue: timeQueue(open.queue, timed),
});

function openStores({ name, config, connections, s3, sqs }: Service) {
  const database = createPgDb({
    connectionString: config.DATABASE_URL,
    max: connections,
    statement_timeout_ms: STATEMENT_MS,
    timeout_is_roles: true,
    connect_timeout_ms: STATEMENT_MS,
    application_name: `dpp-${name}`,
  });
  const mirror = createRedis({
    url: config.REDIS_URL,
    cluster: config.REDIS_CLUSTER,
    command_timeout_ms: REDIS_MS,
  });
  const objects = createS3Objects({ client: awsClient(config, config.S3_ENDPOINT, s3), bucket: config.S3_BUCKET });
  const queue = createSqsQueue({
    client: awsClient(config, config.SQS_ENDPOINT, sqs),
    queue_url: config.SQS_QUEUE_URL,
    visibility_seconds: config.DPP_LEASE_SECONDS,
  });
  const inspector = createQueueInspector({
    client: awsClient(config, config.SQS_ENDPOINT, sqs),
    queue_url: config.SQS_QUEUE_URL,
  });
  return {
    database,
    mirror,
    objects,
    queue,
    inspector,
    async close(): Promise<void> {
      inspector.close();
      await queue.close();
      objects.close();
      mirror.close();
      await database.close();
    },
  };
}
