import { z } from "zod";
import { TRACE_VARIABLES, traceFaults, type TraceVariables } from "#core/domain/otlp.ts";
import { MODEL_LIMITS } from "#core/domain/packs/model.ts";
import { plaintextFaults } from "#core/domain/transport.ts";
import { platformFailureFee } from "#core/domain/run.ts";
import { logLevel } from "./drivers/log.ts";

/** SQS hides a message for 12 hours from its receipt, extensions included: a lease far below leaves room for them. */
const LONGEST_LEASE_SECONDS = 3_600;
const seconds = (fallback: number, least = 0.05, most = 86_400) =>
  z.coerce.number("must be a number of seconds").min(least).max(most).default(fallback);
const count = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback);
const optionalUrl = z.url().optional();
const hostList = (pair: RegExp, message: string) =>
  z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((host) => host !== ""))
    .refine((hosts) => hosts.every((host) => pair.test(host)), message);

/** What worker and reaper share: where the stores are, and the times of the protocol, in seconds. */
const shared = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  REDIS_CLUSTER: z.stringbool().default(false),
  DPP_ALLOW_PLAINTEXT: z.stringbool().default(false),
  AWS_REGION: z.string().min(1),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  AWS_SESSION_TOKEN: z.string().min(1).optional(),
  SQS_ENDPOINT: optionalUrl,
  SQS_QUEUE_URL: z.url(),
  S3_ENDPOINT: optionalUrl,
  S3_BUCKET: z.string().min(3),
  DPP_LEASE_SECONDS: seconds(120, 1, LONGEST_LEASE_SECONDS),
  DPP_CLAIMED_SECONDS: seconds(120, 1),
  DPP_MAX_ATTEMPTS: count(3, 20),
  DPP_PLATFORM_FAILURE_FEE: platformFailureFee.default("none"),
  DPP_LOG_LEVEL: logLevel.default("info"),
  DPP_METRICS_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  DPP_METRICS_HOST: z.string().min(1).default("0.0.0.0"),
  ...TRACE_VARIABLES,
};

/** What both processes are configured with. */
export type SharedConfig = Pick<WorkerConfig, keyof typeof shared>;

interface PlaintextJudged extends TraceVariables {
  readonly DATABASE_URL: string;
  readonly REDIS_URL: string;
  readonly SQS_ENDPOINT?: string | undefined;
  readonly SQS_QUEUE_URL: string;
  readonly S3_ENDPOINT?: string | undefined;
  readonly DPP_ALLOW_PLAINTEXT: boolean;
}

function refusePlaintext({ DPP_ALLOW_PLAINTEXT, ...env }: PlaintextJudged, context: z.RefinementCtx): void {
  if (DPP_ALLOW_PLAINTEXT) return;
  const { DATABASE_URL, REDIS_URL, SQS_ENDPOINT, SQS_QUEUE_URL, S3_ENDPOINT } = env;
  // The address of a queue is only its name where an endpoint is given.
  const queue = SQS_ENDPOINT === undefined ? { SQS_QUEUE_URL } : { SQS_ENDPOINT };
  const faults = [...plaintextFaults({ DATABASE_URL, REDIS_URL, S3_ENDPOINT, ...queue }), ...traceFaults(env)];
  for (const [name, message] of faults) context.addIssue({ code: "custom", path: [name], message });
}

const workerSchema = z
  .object({
    ...shared,
    DPP_HEARTBEAT_SECONDS: seconds(30),
    DPP_WORKER_CONCURRENCY: count(32, 1000),
    DPP_WORK_PROCESSES: z.coerce.number().int().min(1).max(16).optional(),
    DPP_STOP_SECONDS: seconds(20),
    DPP_FETCH_ALLOW_HOSTS: hostList(/^[^\s:/]+:\d{1,5}$/, "must be host:port pairs, with commas between"),
    DPP_MODEL_URL: z.url({ protocol: /^https?$/ }).optional(),
    DPP_MODEL_NAME: z.string().min(1).max(MODEL_LIMITS.max_name_chars).optional(),
    DPP_MODEL_API_KEY: z.string().min(1).optional(),
  })
  .refine((env) => env.DPP_HEARTBEAT_SECONDS < env.DPP_LEASE_SECONDS, {
    path: ["DPP_HEARTBEAT_SECONDS"],
    error: "must be shorter than DPP_LEASE_SECONDS",
  })
  .refine((env) => env.DPP_MODEL_URL === undefined || env.DPP_MODEL_NAME !== undefined, {
    path: ["DPP_MODEL_NAME"],
    error: "is needed with DPP_MODEL_URL",
  })
  .superRefine((env, context) => {
    refusePlaintext(env, context);
    if (env.DPP_ALLOW_PLAINTEXT) return;
    // Its key, and the texts of tenants, go there.
    for (const [name, message] of plaintextFaults({ DPP_MODEL_URL: env.DPP_MODEL_URL }))
      context.addIssue({ code: "custom", path: [name], message });
  });
export type WorkerConfig = z.infer<typeof workerSchema>;

const reaperSchema = z
  .object({
    ...shared,
    DPP_SYNC_RESTING_SECONDS: seconds(60, 1),
    DPP_WEBHOOK_SECONDS: seconds(1, 0.05, 3_600),
    DPP_SWEEP_SECONDS: seconds(15),
    DPP_SIGNAL_SECONDS: seconds(60),
    DPP_SYNC_GRACE_SECONDS: seconds(90, 1),
    DPP_AUDIT_SECONDS: seconds(300),
    DPP_WEBHOOK_ALLOW_HOSTS: hostList(
      /^[^\s:/]+:(\d{1,5}|\*)$/,
      "must be host:port pairs, with commas between; a port may be *",
    ),
    SQS_DLQ_URL: optionalUrl,
  })
  .superRefine(refusePlaintext);
export type ReaperConfig = z.infer<typeof reaperSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws one Error that names every fault of the environment, and no value. */
function parse<T>(schema: z.ZodType<T>, env: Environment): T {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`Invalid environment:\n${faults.join("\n")}`);
}

/** Reads the configuration, or ends the process with every fault and no stack trace. */
export function configOrExit<T>(read: (env: Environment) => T): T {
  try {
    return read(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

export const workerConfig = (env: Environment): WorkerConfig => parse(workerSchema, env);
export const reaperConfig = (env: Environment): ReaperConfig => parse(reaperSchema, env);
