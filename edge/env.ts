import { z } from "zod";
import { TRACE_VARIABLES, traceFaults } from "#core/domain/otlp.ts";
import { plaintextFaults } from "#core/domain/transport.ts";
import { privateKey, publicKeys } from "#core/domain/receipt-key.ts";

/** Of the queue in wrangler.toml, until somebody names a real one. */
const PLACEHOLDER_ACCOUNT = "/000000000000/";

const required = z.string().min(1);
const http = z.url({ protocol: /^https?$/ });

/** The error quotes nothing of a text that is no JSON. */
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("must be JSON");
    return z.NEVER;
  }
});

/** A list with commas of origins as browsers write them (RFC 6454); an empty text is an empty list. */
const origins = z.string().transform((text, context) => {
  const list = text.split(",").map((part) => part.trim());
  if (list.length === 1 && list[0] === "") return [];
  const odd = list.findIndex((origin) => !isOrigin(origin));
  if (odd < 0) return list;
  context.addIssue(`entry ${odd + 1} is not an origin such as https://app.example: scheme, host and port only`);
  return z.NEVER;
});

function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.parse(text)?.origin === text;
}

/** How long one request to a store may take. */
const timeout = (default_ms: number) => z.coerce.number().int().min(100).max(60_000).default(default_ms);

const logFormat = z.enum(["object", "json"]);

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  NEON_HTTP: http.optional(),
  UPSTASH_REDIS_REST_URL: http,
  UPSTASH_REDIS_REST_TOKEN: required,
  AWS_REGION: required,
  AWS_ACCESS_KEY_ID: required,
  AWS_SECRET_ACCESS_KEY: required,
  SQS_QUEUE_URL: http,
  S3_ENDPOINT: http.optional(),
  S3_BUCKET: z.string().min(3),
  DPP_VERSION: required.default("dev"),
  DPP_ORIGIN: z.string().refine(isOrigin, "is not an origin such as https://api.example").optional(),
  DPP_CORS_ORIGINS: origins.default([]),
  /** `true` in development: pages of any port of this machine may call. */
  DPP_CORS_LOCALHOST: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
  DPP_WEBHOOK_ALLOW_HTTP: z.stringbool().default(false),
  DPP_WEBHOOK_ALLOW_HOSTS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((host) => host !== "")),
  /** Whether the workers have a model. */
  DPP_MODEL: z.stringbool().default(false),
  DPP_SECURITY_CONTACT: z.url({ protocol: /^(https|mailto|tel)$/ }).optional(),
  DPP_DATABASE_TIMEOUT_MS: timeout(8_000),
  DPP_REDIS_TIMEOUT_MS: timeout(1_000),
  DPP_AWS_TIMEOUT_MS: timeout(5_000),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
  DPP_RECEIPT_KEY: json.pipe(privateKey).optional(),
  DPP_RECEIPT_PUBLIC_KEYS: json.pipe(publicKeys).optional(),
  DPP_ALLOW_PLAINTEXT: z.stringbool().default(false),
  DPP_LOG_FORMAT: logFormat.default("object"),
  ...TRACE_VARIABLES,
});

const checked = schema.superRefine((env, context) => {
  if (env.SQS_QUEUE_URL.includes(PLACEHOLDER_ACCOUNT) && env.SQS_QUEUE_URL.startsWith("https:"))
    context.addIssue({ code: "custom", path: ["SQS_QUEUE_URL"], message: "is the placeholder of wrangler.toml" });
  if (env.DPP_ALLOW_PLAINTEXT) return;
  const { NEON_HTTP, UPSTASH_REDIS_REST_URL, SQS_QUEUE_URL, S3_ENDPOINT } = env;
  const stores = { NEON_HTTP, UPSTASH_REDIS_REST_URL, SQS_QUEUE_URL, S3_ENDPOINT };
  for (const [name, message] of [...plaintextFaults(stores), ...traceFaults(env)])
    context.addIssue({ code: "custom", path: [name], message });
});
export type EdgeEnv = z.infer<typeof schema>;

/** An invalid environment still has a version and a log. */
const always = z.object({
  DPP_VERSION: schema.shape.DPP_VERSION.catch("dev"),
  DPP_LOG_FORMAT: schema.shape.DPP_LOG_FORMAT.catch("object"),
});

export interface InvalidEnv {
  readonly version: string;
  readonly log_format: EdgeEnv["DPP_LOG_FORMAT"];
  readonly errors: readonly string[];
}

/** The checked environment, or every error of it at once; an error names a variable, never its value. */
export function parseEnv(bindings: unknown): { readonly env: EdgeEnv } | InvalidEnv {
  const parsed = checked.safeParse(bindings);
  if (parsed.success) return { env: parsed.data };
  const { DPP_VERSION: version, DPP_LOG_FORMAT: log_format } = always.parse(bindings ?? {});
  return {
    version,
    log_format,
    errors: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
  };
}
