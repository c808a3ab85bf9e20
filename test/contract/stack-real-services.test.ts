import { neon, neonConfig } from "@neondatabase/serverless";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createTestDatabase } from "../dev/database.ts";
import { startStack } from "../dev/stack.ts";
import { awsSettings } from "../dev/aws-settings.ts";

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

describe("services that exist already", () => {
  it("are used instead of a part of the stack", async () => {
    const theirs = await createTestDatabase(inject("stack").databaseUrl);
    const stack = await start(stateDir(), { env: { DATABASE_URL: theirs.owner } });
    expect(stack).toMatchObject({
      databaseUrl: theirs.owner,
      pids: { postgres: null, redis: expect.any(Number) as number },
    });
    neonConfig.fetchEndpoint = `${stack.neonHttp}/sql`;
    const asked = () => neon(theirs.owner)`SELECT current_database() AS db`;
    const name = new URL(theirs.owner).pathname.slice(1);
    expect(await asked()).toEqual([{ db: name }]);
    await stack.stop();
    // It outlives the stack.
    neonConfig.fetchEndpoint = `${inject("stack").neonHttp}/sql`;
    expect(await asked()).toEqual([{ db: name }]);
    await theirs.drop();
  });

  it("are used for SQS and S3 with the keys that go with them, and get queues of their own", async () => {
    const theirs = inject("stack");
    const env = {
      SQS_ENDPOINT: theirs.sqsEndpoint,
      SQS_QUEUE_URL: theirs.queueUrl,
      SQS_DLQ_URL: theirs.dlqUrl,
      S3_ENDPOINT: theirs.s3Endpoint,
      S3_BUCKET: theirs.bucket,
      ...awsSettings(theirs),
      DATABASE_URL: theirs.databaseUrl,
      NEON_HTTP_URL: theirs.neonHttp,
      REDIS_URL: theirs.redisUrl,
      UPSTASH_REDIS_REST_URL: theirs.upstashUrl,
      UPSTASH_REDIS_REST_TOKEN: theirs.upstashToken,
    };
    const stack = await start(stateDir(), { env });
    expect(stack.pids).toEqual({ postgres: null, redis: null });
    const { queueUrl, dlqUrl } = await stack.createQueues("theirs");
    expect([queueUrl, dlqUrl].map((url) => url.split("/").at(-1))).toEqual(["theirs", "theirs-dead"]);
    await stack.stop();
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
