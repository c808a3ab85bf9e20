import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { z } from "zod";

type Environment = Readonly<Record<string, string | undefined>>;

/** The stack file cannot be used; the message says what to do. */
export class DevStackUnusable extends Error {
  override readonly name = "DevStackUnusable";
}

const stack = z.object({
  edge_url: z.string().optional(),
  database_url: z.string(),
  redis_url: z.string().optional(),
  sqs_endpoint: z.string().optional(),
  queue_url: z.string().optional(),
  dlq_url: z.string().optional(),
  s3_endpoint: z.string().optional(),
  bucket: z.string().optional(),
  aws_region: z.string().optional(),
  aws_access_key_id: z.string().optional(),
  aws_secret_access_key: z.string().optional(),
  metrics_urls: z.array(z.string()).optional(),
});

/** The file in which `npm run dev` writes the addresses of what it has started. */
export const devStackFile = (env: Environment): string => join(env["DPP_DEV_DIR"] ?? ".dev", "stack.json");

/** The environment of a program that uses the development stack; undefined if there is no stack file. */
export function devStackEnvironment(env: Environment): Environment | undefined {
  const file = devStackFile(env);
  try {
    const dev = stack.parse(JSON.parse(readFileSync(file, "utf8")));
    return {
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
      DPP_METRICS_URLS: dev.metrics_urls?.join(","),
      DPP_JWKS: dev.edge_url === undefined ? undefined : `${dev.edge_url}/.well-known/jwks.json`,
    };
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code)))
      return undefined;
    throw new DevStackUnusable(`${file} cannot be read: start \`npm run dev\` again, or set DATABASE_URL`);
  }
}

/** Throws when nothing listens at the database's address. */
export async function expectDatabase(url: string, file: string): Promise<void> {
  const { hostname, port } = new URL(url);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  }).catch((error: unknown) => {
    throw new DevStackUnusable(`the development stack of ${file} does not answer (is \`npm run dev\` running?)`, {
      cause: error,
    });
  });
}
