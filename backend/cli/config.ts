import { z } from "zod";
import {
  type DevStack,
  devStackFile,
  type Environment,
  findDevStack,
  Misconfigured,
  OR_START_DEV,
} from "./dev-stack.ts";

const optionalUrl = z.url("must be a URL").optional();

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be the postgres:// URL of the database's owner" }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }).optional(),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
  AWS_REGION: z.string().min(1).optional(),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  SQS_ENDPOINT: optionalUrl,
  SQS_QUEUE_URL: optionalUrl,
  SQS_DLQ_URL: optionalUrl,
  S3_ENDPOINT: optionalUrl,
  S3_BUCKET: z.string().min(3).optional(),
});
export type CliConfig = z.infer<typeof schema>;

/** What only some commands need: complains where any of it is missing. */
export function needed<Name extends keyof CliConfig>(
  config: CliConfig,
  names: readonly Name[],
): { readonly [each in Name]: NonNullable<CliConfig[each]> } {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0) throw new Misconfigured(`this command needs ${missing.join(" and ")} in the environment`);
  return config as { readonly [each in Name]: NonNullable<CliConfig[each]> };
}

const storesOf = (dev: DevStack): Environment => ({
  DATABASE_URL: dev.database_url,
  REDIS_URL: dev.redis_url,
  AWS_REGION: dev.aws_region,
  AWS_ACCESS_KEY_ID: dev.aws_access_key_id,
  AWS_SECRET_ACCESS_KEY: dev.aws_secret_access_key,
  SQS_ENDPOINT: dev.sqs_endpoint,
  SQS_QUEUE_URL: dev.queue_url,
  SQS_DLQ_URL: dev.dlq_url,
  S3_ENDPOINT: dev.s3_endpoint,
  S3_BUCKET: dev.bucket,
});

/** Where DATABASE_URL is absent the running development stack takes its place, with all its stores; `dev` is that one. */
export function cliConfig(env: Environment): { readonly config: CliConfig; readonly dev: DevStack | undefined } {
  const wantsDev = env["DATABASE_URL"] === undefined;
  const dev = wantsDev ? findDevStack(env) : undefined;
  const parsed = schema.safeParse({ ...env, ...(dev === undefined ? {} : storesOf(dev)) });
  if (parsed.success) return { config: parsed.data, dev };
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  if (wantsDev && dev === undefined)
    faults.push(`There is no ${devStackFile(env)}: set DATABASE_URL, ${OR_START_DEV}.`);
  throw new Misconfigured(`invalid environment:\n${faults.join("\n")}`);
}
