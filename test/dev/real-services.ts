export interface RealServices {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  /** `redisUrl` is one node of a Redis Cluster. */
  redisCluster: boolean;
  neonHttp: string | undefined;
  upstash: { url: string; token: string } | undefined;
  sqs: { endpoint: string; queueUrl: string; dlqUrl: string } | undefined;
  s3: { endpoint: string; bucket: string } | undefined;
  region: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
}

/** The values of variables that only make sense together; undefined where none is set. */
function together(env: NodeJS.ProcessEnv, names: string[]): string[] | undefined {
  const missing = names.filter((name) => !env[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length === 0) return names.map((name) => env[name] ?? "");
  const given = names.filter((name) => env[name]);
  throw new Error(`${given.join(" and ")} set without ${missing.join(" and ")}: they go together`);
}

/** Which parts of the stack the environment replaces by services that exist already. */
export function realServices(env: NodeJS.ProcessEnv): RealServices {
  const upstash = together(env, ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"]);
  const sqs = together(env, ["SQS_ENDPOINT", "SQS_QUEUE_URL", "SQS_DLQ_URL"]);
  const s3 = together(env, ["S3_ENDPOINT", "S3_BUCKET"]);
  const keys = together(env, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
  const region = env["AWS_REGION"] || undefined;
  if ((sqs || s3) && !(keys && region)) {
    const name = sqs ? "SQS_ENDPOINT" : "S3_ENDPOINT";
    throw new Error(`${name} set without AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: they go together`);
  }
  if (upstash && !env["REDIS_URL"]) {
    throw new Error("UPSTASH_REDIS_REST_URL set without REDIS_URL: both must lead to the same Redis");
  }
  if (env["NEON_HTTP_URL"] && !env["DATABASE_URL"]) {
    throw new Error("NEON_HTTP_URL set without DATABASE_URL: both must lead to the same Postgres");
  }
  return {
    databaseUrl: env["DATABASE_URL"] || undefined,
    redisUrl: env["REDIS_URL"] || undefined,
    redisCluster: env["REDIS_CLUSTER"] === "true",
    neonHttp: env["NEON_HTTP_URL"] || undefined,
    upstash: upstash && { url: upstash[0] ?? "", token: upstash[1] ?? "" },
    sqs: sqs && { endpoint: sqs[0] ?? "", queueUrl: sqs[1] ?? "", dlqUrl: sqs[2] ?? "" },
    s3: s3 && { endpoint: s3[0] ?? "", bucket: s3[1] ?? "" },
    region,
    credentials: keys && { accessKeyId: keys[0] ?? "", secretAccessKey: keys[1] ?? "" },
  };
}
