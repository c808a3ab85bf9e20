import { configOrExit, reaperConfig } from "../config.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createWebhookSender } from "../drivers/fetch/webhook-sender.ts";
import { createLog } from "../drivers/log.ts";
import { createSqsDeadLetters } from "../drivers/sqs-dead-letters.ts";
import { endOnUnhandledError } from "../drivers/unhandled-errors.ts";
import { startService } from "../start-service.ts";
import { reaperLoop } from "./loop.ts";

/** What one round does not manage, the next one does. */
const AWS = { request_ms: 15_000, attempts: 1 };
/** One for each sweep, and one more. */
const CONNECTIONS = 12;

const config = configOrExit(reaperConfig);
const log = createLog({ level: config.DPP_LOG_LEVEL, service: "reaper" });
endOnUnhandledError(log, () => process.exit(1));
const service = await startService({ name: "reaper", config, log, connections: CONNECTIONS, s3: AWS, sqs: AWS });
const { stores, clock, sleeper, stop, liveness, metrics, random, tracer } = service;
const dead_letters =
  config.SQS_DLQ_URL === undefined
    ? undefined
    : createSqsDeadLetters({
        client: awsClient(config, config.SQS_ENDPOINT, AWS),
        dlq_url: config.SQS_DLQ_URL,
        queue_url: config.SQS_QUEUE_URL,
      });
if (dead_letters === undefined) log.warn("SQS_DLQ_URL is not set: dead letters are not watched");

await service.begin();
log.info("reaper started", { sweep_seconds: config.DPP_SWEEP_SECONDS });
await reaperLoop(
  {
    ...stores,
    dead_letters,
    webhooks: {
      send: createWebhookSender({ allowHosts: config.DPP_WEBHOOK_ALLOW_HOSTS }),
      random,
      objects: stores.objects,
    },
    clock,
    sleeper,
    inspector: service.inspector,
    liveness,
    platform_failure_fee: config.DPP_PLATFORM_FAILURE_FEE,
    metrics,
    tracer,
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
    webhook_seconds: config.DPP_WEBHOOK_SECONDS,
  },
  stop,
);
dead_letters?.close();
await service.close();
