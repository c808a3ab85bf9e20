import { z } from "zod";
import { isPrintable, PRINTABLE } from "#core/domain/printable.ts";
import { plaintextFaults } from "#core/domain/transport.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment is invalid; the message names every field error and no value. */
export class Misconfigured extends Error {
  override readonly name = "Misconfigured";
}

const optionalUrl = z.url("must be a URL").optional();

const settings = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be the postgres:// URL of the database's owner" }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }).optional(),
  REDIS_CLUSTER: z.stringbool().default(false),
  DPP_ALLOW_PLAINTEXT: z.stringbool().default(false),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
  AWS_REGION: z.string().min(1).optional(),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  AWS_SESSION_TOKEN: z.string().min(1).optional(),
  SQS_ENDPOINT: optionalUrl,
  SQS_QUEUE_URL: optionalUrl,
  SQS_DLQ_URL: optionalUrl,
  S3_ENDPOINT: optionalUrl,
  S3_BUCKET: z.string().min(3).optional(),
  /** Pages of these origins read results from the bucket. */
  DPP_CORS_ORIGINS: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ""),
    ),
  DPP_JWKS: z.string().min(1).optional(),
  /** Of workers and reapers, for `dpp ui`. */
  DPP_METRICS_URLS: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((url) => url.trim())
        .filter((url) => url !== ""),
    )
    .pipe(z.array(z.url({ protocol: /^https?$/, error: "must be http:// or https:// URLs" })).max(32)),
  /** Who runs the commands, for the record. */
  DPP_OPERATOR: z.string().trim().min(1).max(200).refine(isPrintable, PRINTABLE).optional(),
});

const schema = settings.superRefine((env, context) => {
  if (env.DPP_ALLOW_PLAINTEXT) return;
  const { DATABASE_URL, REDIS_URL, SQS_ENDPOINT, S3_ENDPOINT } = env;
  for (const [name, message] of plaintextFaults({ DATABASE_URL, REDIS_URL, SQS_ENDPOINT, S3_ENDPOINT }))
    context.addIssue({ code: "custom", path: [name], message });
});
export type CliConfig = z.infer<typeof schema>;

/** Settings that only some commands need. Throws {@link Misconfigured} if any is missing. */
export function needed<Name extends keyof CliConfig>(
  config: CliConfig,
  names: readonly Name[],
): { readonly [each in Name]: NonNullable<CliConfig[each]> } {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0) throw new Misconfigured(`this command needs ${missing.join(" and ")} in the environment`);
  return config as { readonly [each in Name]: NonNullable<CliConfig[each]> };
}

/** The settings in the environment. Throws {@link Misconfigured}. */
export function cliConfig(env: Environment): CliConfig {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Misconfigured(`invalid environment:\n${errors.join("\n")}`);
}
