import { once } from "node:events";
import { z } from "zod";
import { stopSignal } from "../../backend/drivers/stop-signal.ts";
import { startAwsFront } from "./aws-front.ts";
import { startNeonFront } from "./neon-front.ts";
import { startUpstashFront } from "./upstash-front.ts";

// The container `stores` of backend/deploy/compose.yaml: SQS and S3, and HTTP before its Postgres and its Redis.

const PORTS = { aws: 9000, neon: 9001, upstash: 9002 };
const VISIBILITY_SECONDS = 120;
const MAX_RECEIVES = 20;

const stop = stopSignal();
const env = z
  .object({
    AWS_REGION: z.string().min(1),
    AWS_ACCESS_KEY_ID: z.string().min(1),
    AWS_SECRET_ACCESS_KEY: z.string().min(1),
    S3_BUCKET: z.string().min(3),
    SQS_QUEUE: z.string().min(1),
    REDIS_URL: z.url(),
    UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
    DPP_DEV_DIR: z.string().min(1),
  })
  .parse(process.env);

const at = (port: number) => ({ host: "0.0.0.0", port });
const aws = await startAwsFront({
  region: env.AWS_REGION,
  accessKeyId: env.AWS_ACCESS_KEY_ID,
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
  dir: `${env.DPP_DEV_DIR}/s3`,
  listen: at(PORTS.aws),
});
await aws.createBucket(env.S3_BUCKET);
await aws.createQueues(env.SQS_QUEUE, { maxReceiveCount: MAX_RECEIVES, visibilityTimeoutS: VISIBILITY_SECONDS });
const neon = await startNeonFront(at(PORTS.neon));
const upstash = await startUpstashFront({
  redisUrl: env.REDIS_URL,
  token: env.UPSTASH_REDIS_REST_TOKEN,
  listen: at(PORTS.upstash),
});
console.log("stores are up");
if (!stop.aborted) await once(stop, "abort");
await Promise.all([aws.stop(), neon.stop(), upstash.stop()]);
