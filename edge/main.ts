import { exportSettings } from "#core/domain/otlp.ts";
import { verifyingKeys } from "#core/domain/receipt-key.ts";
import { VERSION } from "#core/domain/version.ts";
import type { Log } from "#core/ports/log.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { type Call, measuredCalls, queueName, timeDb, timeRedis, tracedCalls } from "#core/ports/timed.ts";
import { createTracer } from "#core/ports/tracer.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { serviceState } from "#core/store/service/service-state.ts";
import { createApp } from "./app.ts";
import { type AnalyticsDataset, createAnalyticsMetrics, datasetOf } from "./drivers/analytics.ts";
import { createConsoleLog, createConsoleMetrics, type LogFormat } from "./drivers/console.ts";
import { createCurrentSpan } from "./drivers/current-span.ts";
import { createNeon } from "./drivers/neon.ts";
import { createClock, createRandom, createSleeper } from "./drivers/platform.ts";
import { createS3 } from "./drivers/s3.ts";
import { createSigner } from "./drivers/signer.ts";
import { createSqs } from "./drivers/sqs.ts";
import { createTraceExporter } from "./drivers/trace-exporter.ts";
import { createUpstash } from "./drivers/upstash.ts";
import { type EdgeEnv, parseEnv } from "./env.ts";
import { ConnectionLimiter } from "./admission/connection-limiter.ts";
import { IsolateRateLimiter } from "./admission/isolate-rate-limiter.ts";
import { LruCache } from "./admission/lru-cache.ts";
import { DeniedKeyCache } from "./admission/denied-key-cache.ts";
import { createMisconfiguredApp } from "./misconfigured.ts";

const REMEMBERED_KEYS = 20_000;
/** An answer that is held is silent for longer than it takes to read its run once: the request to the database and more. */
const connectionLimits = ({ DPP_DATABASE_TIMEOUT_MS }: EdgeEnv) => ({
  per_name: 64,
  in_all: 2_000,
  share_of_free: 1 / 16,
  silence_ms: DPP_DATABASE_TIMEOUT_MS + 7_000,
  turn_ms: 60_000,
});

/** None gives way to another: the memory of one that is being made is not free before it is. */
const CSV_LIMITS = { per_name: 1, in_all: 4, share_of_free: 1, silence_ms: 120_000, turn_ms: Number.POSITIVE_INFINITY };

const platform = { clock: createClock(), random: createRandom() };
const sleeper = createSleeper();
const current = createCurrentSpan();
// The platform collects what is printed. Every line of a request has its trace id.
const logAs = (format: LogFormat) => createConsoleLog(console, format, traceOfNow);
const traceOfNow = () => {
  const place = current.getStore();
  return place === undefined ? {} : { trace_id: place.trace_id };
};

/** How often an isolate does what costs something before, or without, an answer of the stores. */
const limiters = (clock: Clock) => ({
  // The burst is how many keys may be new to this isolate at one moment behind one address, such as a company's.
  unauthenticated: new IsolateRateLimiter({ per_minute: 300, burst: 128 }, clock),
  invalid_bodies: new IsolateRateLimiter({ per_minute: 300, burst: 200 }, clock),
  refusal_lines: new IsolateRateLimiter({ per_minute: 120, burst: 60 }, clock),
  bypass: {
    submit: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
    read: new IsolateRateLimiter({ per_minute: 600, burst: 50 }, clock),
  },
  refreshes: new IsolateRateLimiter({ per_minute: 12, burst: 2 }, clock),
  readyz_rate: new IsolateRateLimiter({ per_minute: 300, burst: 20 }, clock),
});

/** The stores of this environment; each call is measured. */
function storesOf(env: EdgeEnv, timed: Call) {
  const aws = {
    region: env.AWS_REGION,
    access_key_id: env.AWS_ACCESS_KEY_ID,
    secret_access_key: env.AWS_SECRET_ACCESS_KEY,
    timeout_ms: env.DPP_AWS_TIMEOUT_MS,
  };
  const neon = createNeon({
    database_url: env.DATABASE_URL,
    http: env.NEON_HTTP,
    timeout_ms: env.DPP_DATABASE_TIMEOUT_MS,
  });
  const upstash = createUpstash({
    url: env.UPSTASH_REDIS_REST_URL,
    token: env.UPSTASH_REDIS_REST_TOKEN,
    timeout_ms: env.DPP_REDIS_TIMEOUT_MS,
  });
  const db = timeDb(neon, timed);
  const redis = timeRedis(upstash, timed);
  const sqs = createSqs({ ...aws, queue_url: env.SQS_QUEUE_URL });
  const s3_endpoint = env.S3_ENDPOINT ?? `https://s3.${env.AWS_REGION}.amazonaws.com`;
  const s3 = createS3({ ...aws, endpoint: s3_endpoint, bucket: env.S3_BUCKET });
  return {
    db,
    redis,
    signals: { send: (bodies: readonly string[]) => timed("sqs", "send", () => sqs.send(bodies)) },
    objects: {
      presign: (...object: Parameters<typeof s3.presign>) => s3.presign(...object),
      open: (...object: Parameters<typeof s3.open>) => timed("s3", "open", () => s3.open(...object)),
      download: (...object: Parameters<typeof s3.download>) => timed("s3", "download", () => s3.download(...object)),
    },
    checks: {
      database: () => serviceState(db),
      redis: () => readClock(redis),
      sqs: () => sqs.check(),
      s3: () => s3.check(),
    },
  };
}

/** Undefined where spans are not exported. */
function tracesOf(env: EdgeEnv, log: Log, metrics: Metrics) {
  const settings = exportSettings(env, "dpp-edge");
  if (settings === undefined) return undefined;
  const resource = {
    "service.name": settings.service_name,
    "service.namespace": "decisionproof",
    "service.version": VERSION,
    "dpp.build": env.DPP_VERSION,
  };
  const timeout_ms = env.DPP_AWS_TIMEOUT_MS;
  return createTraceExporter({ settings, resource, timeout_ms, metrics, log, sleeper, clock: platform.clock });
}

function wire(env: EdgeEnv, dataset: AnalyticsDataset | undefined) {
  const { clock } = platform;
  const log = logAs(env.DPP_LOG_FORMAT);
  const metrics = dataset === undefined ? createConsoleMetrics(log) : createAnalyticsMetrics(dataset);
  const traces = tracesOf(env, log, metrics);
  const now_ms = () => clock.now();
  const tracer = createTracer({ ...platform, current, now_ms, record: traces?.record });
  const places = { queue: queueName(env.SQS_QUEUE_URL), bucket: env.S3_BUCKET };
  return createApp({
    ...storesOf(env, tracedCalls(tracer, places, measuredCalls(metrics, now_ms))),
    ...platform,
    tracer,
    trace_ratio: env.OTEL_TRACES_SAMPLER_ARG,
    flushTraces: traces?.flush,
    log,
    metrics,
    version: VERSION,
    build: env.DPP_VERSION,
    origin: env.DPP_ORIGIN,
    cors: { origins: env.DPP_CORS_ORIGINS, localhost: env.DPP_CORS_LOCALHOST },
    security_contact: env.DPP_SECURITY_CONTACT,
    grace_seconds: env.DPP_SYNC_GRACE_SECONDS,
    webhook_policy: { allow_http: env.DPP_WEBHOOK_ALLOW_HTTP, allow_hosts: env.DPP_WEBHOOK_ALLOW_HOSTS },
    has_model: env.DPP_MODEL,
    tenants: new LruCache(REMEMBERED_KEYS),
    denied_keys: new DeniedKeyCache(clock),
    ...limiters(clock),
    sleeper,
    connections: new ConnectionLimiter(connectionLimits(env), clock),
    large_csvs: new ConnectionLimiter(CSV_LIMITS, clock),
    signer: env.DPP_RECEIPT_KEY && createSigner(env.DPP_RECEIPT_KEY),
    receipt_keys: verifyingKeys(env.DPP_RECEIPT_KEY, env.DPP_RECEIPT_PUBLIC_KEYS?.keys ?? []),
  });
}

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request, bindings, context) {
    // The bindings are the same for an isolate's whole life.
    if (app === undefined) {
      const parsed = parseEnv(bindings);
      app =
        "env" in parsed
          ? wire(parsed.env, datasetOf(bindings))
          : createMisconfiguredApp({ ...platform, log: logAs(parsed.log_format) }, parsed);
    }
    return app.fetch(request, {}, context);
  },
} satisfies ExportedHandler;
