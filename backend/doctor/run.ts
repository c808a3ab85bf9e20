import { isPlaintext } from "#core/domain/transport.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock } from "../drivers/clock.ts";
import { createBucketInspector } from "../drivers/inspect-bucket.ts";
import { createQueueInspector } from "../drivers/inspect-queue.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createRedis } from "../drivers/redis.ts";
import { createS3Objects } from "../drivers/s3.ts";
import { describeError } from "./describe-error.ts";
import { bucketChecks } from "./examine-bucket.ts";
import { databaseChecks } from "./examine-database.ts";
import { queueChecks } from "./examine-queue.ts";
import { redisChecks } from "./examine-redis.ts";
import { type Examination, examine, type Examined, Skip } from "./examination.ts";

const TIMEOUT_MS = 10_000;
const CONNECTIONS = 4;
const AWS = { request_ms: 10_000, attempts: 2 };

export interface DoctorConfig {
  readonly DATABASE_URL: string;
  readonly REDIS_URL?: string | undefined;
  readonly REDIS_CLUSTER: boolean;
  readonly AWS_REGION?: string | undefined;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  readonly AWS_SESSION_TOKEN?: string | undefined;
  readonly SQS_ENDPOINT?: string | undefined;
  readonly SQS_QUEUE_URL?: string | undefined;
  readonly SQS_DLQ_URL?: string | undefined;
  readonly S3_ENDPOINT?: string | undefined;
  readonly S3_BUCKET?: string | undefined;
  readonly DPP_CORS_ORIGINS: readonly string[];
}

type Open = { close(): unknown }[];

/** Checks every store that is named, each over the driver that the processes use. */
export async function runDoctor(config: DoctorConfig): Promise<readonly Examined[]> {
  const open: Open = [];
  try {
    const checks = [...database(config, open), ...redis(config, open), ...bucket(config, open), ...queue(config, open)];
    return await examine(checks, describeError);
  } finally {
    await Promise.all(open.map(async (store) => store.close()));
  }
}

const clock = () => createClock();

function opened<T extends { close(): unknown }>(open: Open, store: T): T {
  open.push(store);
  return store;
}

const unnamed = (check: string, names: string): readonly Examination[] => [
  { check, run: () => Promise.reject(new Skip(`${names} is not set`)) },
];

function database(config: DoctorConfig, open: Open): readonly Examination[] {
  const driver = createPgDb({
    connectionString: config.DATABASE_URL,
    max: CONNECTIONS,
    statement_timeout_ms: TIMEOUT_MS,
    timeout_is_roles: true,
    connect_timeout_ms: TIMEOUT_MS,
    application_name: "dpp-doctor",
  });
  opened(open, driver);
  const { hostname } = new URL(config.DATABASE_URL);
  return databaseChecks(driver.db, clock(), !isPlaintext(`redis://${hostname}`));
}

function redis(config: DoctorConfig, open: Open): readonly Examination[] {
  if (config.REDIS_URL === undefined) return unnamed("redis", "REDIS_URL");
  const options = { url: config.REDIS_URL, cluster: config.REDIS_CLUSTER, command_timeout_ms: TIMEOUT_MS };
  return redisChecks(opened(open, createRedis(options)).redis, clock());
}

function bucket(config: DoctorConfig, open: Open): readonly Examination[] {
  const { AWS_REGION: region, S3_BUCKET: name, S3_ENDPOINT } = config;
  if (region === undefined || name === undefined) return unnamed("bucket", "AWS_REGION or S3_BUCKET");
  const client = awsClient({ ...config, AWS_REGION: region }, S3_ENDPOINT, AWS);
  const objects = opened(open, createS3Objects({ client, bucket: name }));
  const endpoint = S3_ENDPOINT ?? `https://s3.${region}.amazonaws.com`;
  const inspector = opened(open, createBucketInspector({ client, endpoint, bucket: name, region }));
  return bucketChecks(objects, inspector, clock(), config.DPP_CORS_ORIGINS);
}

function queue(config: DoctorConfig, open: Open): readonly Examination[] {
  const { AWS_REGION: region, SQS_QUEUE_URL, SQS_DLQ_URL } = config;
  if (region === undefined || SQS_QUEUE_URL === undefined) return unnamed("queue", "AWS_REGION or SQS_QUEUE_URL");
  const inspect = (queue_url: string) =>
    opened(
      open,
      createQueueInspector({
        client: awsClient({ ...config, AWS_REGION: region }, config.SQS_ENDPOINT, AWS),
        queue_url,
      }),
    );
  return queueChecks(inspect(SQS_QUEUE_URL), SQS_DLQ_URL === undefined ? undefined : inspect(SQS_DLQ_URL));
}
