import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DEAD_LETTERS, startAwsFront, type AwsFront, type QueueOptions, type QueuePair } from "./aws-front.ts";
import { startNeonFront, type NeonFront } from "./neon-front.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import { realServices, type RealServices } from "./real-services.ts";
import { startRedis, type RedisService } from "./redis.ts";
import { lockStateDir } from "./stack-lock.ts";
import { startUpstashFront, type UpstashFront } from "./upstash-front.ts";

const DATABASE = "dpp";
const BUCKET = "dpp-results";
const QUEUE = "dpp-runs";

export interface StackOptions {
  stateDir: string;
  /** Names real services that replace parts of the stack. Left out: none does. */
  env?: NodeJS.ProcessEnv;
  log?: (line: string) => void;
  redis?: "auto" | "js";
  /** Off for speed where losing the disk's cache is harmless: tests. */
  fsync?: boolean;
  /** A supervised process went or came: read `pids` again. */
  onChange?: () => void;
}

export interface Stack {
  databaseUrl: string;
  neonHttp: string;
  redisUrl: string;
  upstashUrl: string;
  upstashToken: string;
  sqsEndpoint: string;
  queueUrl: string;
  dlqUrl: string;
  s3Endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  readonly pids: { postgres: number | null; redis: number | null };
  roundTrips(): { upstash: number; neon: number; sqs: number; s3: number };
  createQueues(name: string, options?: QueueOptions): Promise<QueuePair>;
  stop(): Promise<void>;
}

interface Keys {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

interface Parts {
  postgres?: Postgres;
  redis?: RedisService;
  upstash?: UpstashFront;
  neon?: NeonFront;
  aws?: AwsFront;
}

async function startParts(parts: Parts, options: StackOptions, real: RealServices, keys: Keys): Promise<void> {
  const {
    stateDir,
    env = process.env,
    log = () => undefined,
    redis: engine = "auto",
    fsync = true,
    onChange = () => undefined,
  } = options;
  const common = { stateDir, log, onChange };
  const postgres = async (): Promise<void> => {
    if (!real.databaseUrl) parts.postgres = await startPostgres({ ...common, database: DATABASE, fsync });
  };
  const redis = async (): Promise<void> => {
    if (!real.redisUrl) parts.redis = await startRedis({ ...common, engine, env });
    if (real.upstash) return;
    const redisUrl = parts.redis?.url ?? real.redisUrl ?? "";
    parts.upstash = await startUpstashFront({
      redisUrl,
      cluster: real.redisCluster,
      token: randomBytes(24).toString("hex"),
    });
  };
  const neon = async (): Promise<void> => {
    if (!real.neonHttp) parts.neon = await startNeonFront();
  };
  const aws = async (): Promise<void> => {
    if (real.sqs && real.s3) return;
    parts.aws = await startAwsFront({ ...keys, dir: join(stateDir, "s3") });
    if (!real.s3) await parts.aws.createBucket(BUCKET);
  };
  // All settle before any error is told, so that a part that still starts is there to be stopped.
  const results = await Promise.allSettled([redis(), aws(), neon(), postgres()]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function stopParts({ upstash, neon, aws, redis, postgres }: Parts): Promise<void> {
  await Promise.all([upstash?.stop(), neon?.stop(), aws?.stop()]);
  await Promise.all([redis?.stop(), postgres?.stop()]);
}

async function createRealQueues(endpoint: string, keys: Keys, name: string, options: QueueOptions): Promise<QueuePair> {
  const { SQSClient, CreateQueueCommand, GetQueueAttributesCommand } = await import("@aws-sdk/client-sqs");
  const client = new SQSClient({ endpoint, region: keys.region, credentials: keys });
  const create = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    if (!QueueUrl) throw new Error(`no URL for queue ${QueueName}`);
    return QueueUrl;
  };
  try {
    const dlqUrl = await create(`${name}-dead`, DEAD_LETTERS);
    const asked = new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ["QueueArn"] });
    const deadLetterTargetArn = (await client.send(asked)).Attributes?.["QueueArn"];
    const { maxReceiveCount = 5, visibilityTimeoutS = 30 } = options;
    const queueUrl = await create(name, {
      VisibilityTimeout: String(visibilityTimeoutS),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
    });
    return { queueUrl, dlqUrl };
  } finally {
    client.destroy();
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} did not start`);
  return value;
}

/** Everything the product needs, from npm packages alone; real services take over where `env` names them. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const real = realServices(options.env ?? {});
  const keys: Keys = {
    region: real.region ?? "us-east-1",
    accessKeyId: real.credentials?.accessKeyId ?? `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: real.credentials?.secretAccessKey ?? randomBytes(20).toString("hex"),
  };
  const unlock = lockStateDir(options.stateDir);
  const parts: Parts = {};
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopParts(parts).finally(unlock));
  const createQueues = async (name: string, queueOptions: QueueOptions = {}): Promise<QueuePair> =>
    real.sqs
      ? createRealQueues(real.sqs.endpoint, keys, name, queueOptions)
      : required(parts.aws, "SQS").createQueues(name, queueOptions);
  try {
    await startParts(parts, options, real, keys);
    const { queueUrl, dlqUrl } = real.sqs ?? (await createQueues(QUEUE));
    return {
      databaseUrl: real.databaseUrl ?? required(parts.postgres?.url, "Postgres"),
      neonHttp: real.neonHttp ?? required(parts.neon?.url, "the Neon front"),
      redisUrl: real.redisUrl ?? required(parts.redis?.url, "Redis"),
      upstashUrl: real.upstash?.url ?? required(parts.upstash?.url, "the Upstash front"),
      upstashToken: real.upstash?.token ?? required(parts.upstash?.token, "the Upstash front"),
      sqsEndpoint: real.sqs?.endpoint ?? required(parts.aws?.url, "SQS"),
      queueUrl,
      dlqUrl,
      s3Endpoint: real.s3?.endpoint ?? required(parts.aws?.url, "S3"),
      bucket: real.s3?.bucket ?? BUCKET,
      ...keys,
      get pids() {
        return { postgres: parts.postgres?.pid() ?? null, redis: parts.redis?.pid() ?? null };
      },
      roundTrips: () => ({
        upstash: parts.upstash?.requests() ?? 0,
        neon: parts.neon?.requests() ?? 0,
        ...(parts.aws?.requests() ?? { sqs: 0, s3: 0 }),
      }),
      createQueues,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
