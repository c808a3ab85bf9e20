import { neon, neonConfig } from "@neondatabase/serverless";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { startPostgres } from "../dev/postgres.ts";
import { startStack } from "../dev/stack.ts";

const dirs: string[] = [];
const stateDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "dpp-stack-"));
  dirs.push(dir);
  return dir;
};

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const start = (dir: string, more: Partial<Parameters<typeof startStack>[0]> = {}) =>
  startStack({ stateDir: dir, env: {}, redis: "js", fsync: false, ...more });

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe("services that exist already", () => {
  it("are used instead of a part of the stack", async () => {
    const postgres = await startPostgres({ stateDir: stateDir(), database: "theirs", fsync: false });
    const stack = await start(stateDir(), { env: { DATABASE_URL: postgres.url } });
    expect(stack).toMatchObject({
      databaseUrl: postgres.url,
      pids: { postgres: null, redis: expect.any(Number) as number },
    });
    neonConfig.fetchEndpoint = `${stack.neonHttp}/sql`;
    expect(await neon(stack.databaseUrl)`SELECT current_database() AS db`).toEqual([{ db: "theirs" }]);
    await stack.stop();
    expect(await query(postgres.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await postgres.stop();
  });

  it("are used for SQS and S3 with the keys that go with them, and get queues of their own", async () => {
    const theirs = await start(stateDir());
    const env = {
      SQS_ENDPOINT: theirs.sqsEndpoint,
      SQS_QUEUE_URL: theirs.queueUrl,
      SQS_DLQ_URL: theirs.dlqUrl,
      S3_ENDPOINT: theirs.s3Endpoint,
      S3_BUCKET: theirs.bucket,
      AWS_REGION: theirs.region,
      AWS_ACCESS_KEY_ID: theirs.accessKeyId,
      AWS_SECRET_ACCESS_KEY: theirs.secretAccessKey,
      DATABASE_URL: theirs.databaseUrl,
      NEON_HTTP_URL: theirs.neonHttp,
      REDIS_URL: theirs.redisUrl,
      UPSTASH_REDIS_REST_URL: theirs.upstashUrl,
      UPSTASH_REDIS_REST_TOKEN: theirs.upstashToken,
    };
    const stack = await start(stateDir(), { env });
    expect(stack.pids).toEqual({ postgres: null, redis: null });
    const { queueUrl, dlqUrl } = await stack.createQueues("tests");
    expect([queueUrl, dlqUrl].map((url) => url.split("/").at(-1))).toEqual(["tests", "tests-dead"]);
    await stack.stop();
    await theirs.stop();
  });

  it.each([
    [{ UPSTASH_REDIS_REST_URL: "x" }, /UPSTASH_REDIS_REST_URL set without UPSTASH_REDIS_REST_TOKEN/],
    [{ SQS_ENDPOINT: "x", SQS_DLQ_URL: "x" }, /SQS_ENDPOINT and SQS_DLQ_URL set without SQS_QUEUE_URL/],
    [{ S3_BUCKET: "x" }, /S3_BUCKET set without S3_ENDPOINT/],
    [{ AWS_ACCESS_KEY_ID: "x" }, /AWS_ACCESS_KEY_ID set without AWS_SECRET_ACCESS_KEY/],
    [{ S3_BUCKET: "x", S3_ENDPOINT: "x" }, /S3_ENDPOINT set without AWS_REGION/],
    [{ NEON_HTTP_URL: "x" }, /NEON_HTTP_URL set without DATABASE_URL/],
  ])("are refused when half of what belongs together is missing: %j", async (env, message) => {
    await expect(start(stateDir(), { env })).rejects.toThrow(message);
  });
});
