import { z } from "zod";

const required = z.string().min(1);
const http = z.url({ protocol: /^https?$/ });

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
  DPP_SECURITY_CONTACT: z.url({ protocol: /^(https|mailto|tel)$/ }).optional(),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
});
export type EdgeEnv = z.infer<typeof schema>;

/** An environment that is not fit still has a version to tell. */
const ofUnfit = z.object({ DPP_VERSION: schema.shape.DPP_VERSION.catch("dev") });

export interface Unfit {
  readonly version: string;
  readonly faults: readonly string[];
}

/** The checked environment, or every fault of it at once; a fault names a variable, never its value. */
export function parseEnv(bindings: unknown): { readonly env: EdgeEnv } | Unfit {
  const parsed = schema.safeParse(bindings);
  if (parsed.success) return { env: parsed.data };
  const { DPP_VERSION: version } = ofUnfit.parse(bindings ?? {});
  return { version, faults: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
}
