import { tracedFetch } from "#core/ports/traced-fetch.ts";
import { configOrExit, workerConfig } from "../config.ts";
import { createGuardedFetch } from "../drivers/fetch/guarded-fetch.ts";
import { createLog } from "../drivers/log.ts";
import { startService } from "../start-service.ts";
import { workerLoop } from "./loop.ts";
import { measurePacks } from "./measure-packs.ts";
import { measurePools } from "./measure-pools.ts";
import { createOffThread, jsonPool } from "./off-thread/off-thread.ts";
import { poolLimits } from "./packs/isolation/process-pool.ts";
import { createPacks } from "./packs/registry.ts";
import { routeUnhandledErrors } from "./unhandled-errors.ts";

/** One try: `finalize` repeats it as long as its claim is worth something. */
const S3 = { request_ms: 15_000, attempts: 1 };
/** Longer than a long poll. */
const SQS = { request_ms: 30_000, attempts: 3 };
/**
 * Runs share the statements of W1, W3 and W5, one flight each at a time. The others are for what runs do alone: with three
 * of them, the heartbeats of 72 held runs came too late where a statement took 4 s.
 */
const MAX_CONNECTIONS = 10;
/** A loop that asks for no messages for so long is stuck. */
const STALLED_MS = 600_000;
/** A worker whose slots are all taken asks for none before one is free: four times the longest timebox. */
const FULL_MS = 3_600_000;

const config = configOrExit(workerConfig);
const log = createLog({ level: config.DPP_LOG_LEVEL, service: "worker" });
routeUnhandledErrors(log, () => process.exit(1));
const service = await startService({
  name: "worker",
  config,
  log,
  connections: Math.min(config.DPP_WORKER_CONCURRENCY, MAX_CONNECTIONS),
  s3: S3,
  sqs: SQS,
});
const { stores, clock, sleeper, stop, liveness, metrics, random, tracer } = service;

const model = config.DPP_MODEL_URL;
const limits = poolLimits(config.DPP_WORK_PROCESSES);
const packs = createPacks({
  limits,
  ...(model !== undefined && {
    model: {
      url: model,
      model: config.DPP_MODEL_NAME ?? "",
      ...(config.DPP_MODEL_API_KEY === undefined ? {} : { apiKey: config.DPP_MODEL_API_KEY }),
      onRequest: (outcome: "answered" | "refused" | "unanswered") => metrics.count("model_requests", { outcome }),
    },
  }),
});

await service.begin();
measurePools(metrics);
metrics.gauge("worker_concurrency", config.DPP_WORKER_CONCURRENCY);
const { processes: work_processes } = limits;
log.info("worker started", { concurrency: config.DPP_WORKER_CONCURRENCY, work_processes, packs: [...packs.keys()] });
await workerLoop(
  {
    ...stores,
    packs: measurePacks(packs, metrics),
    offThread: createOffThread(jsonPool(limits)),
    fetch: tracedFetch(tracer, createGuardedFetch({ allowHosts: config.DPP_FETCH_ALLOW_HOSTS })),
    clock,
    sleeper,
    random,
    platform_failure_fee: config.DPP_PLATFORM_FAILURE_FEE,
    metrics,
    tracer,
    log,
  },
  {
    lease_seconds: config.DPP_LEASE_SECONDS,
    heartbeat_seconds: config.DPP_HEARTBEAT_SECONDS,
    claimed_seconds: config.DPP_CLAIMED_SECONDS,
    max_attempts: config.DPP_MAX_ATTEMPTS,
    concurrency: config.DPP_WORKER_CONCURRENCY,
    stop_seconds: config.DPP_STOP_SECONDS,
    onTurn: (isFull) => liveness.turn("messages", isFull ? FULL_MS : STALLED_MS),
  },
  stop,
);
await service.close();
