import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createQueueInspector } from "../../backend/drivers/inspect-queue.ts";
import { isPermanent } from "../../backend/drivers/is-permanent.ts";
import { createPgDb } from "../../backend/drivers/pg.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { type CliWorld, createCliWorld } from "./support/cli-world.ts";
import { ensureLogins } from "../dev/database.ts";
import { createQueue } from "./support/queue.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const stack = inject("stack");
const aws = awsSettings(stack);
let cli: CliWorld;
let env: Record<string, string>;
let backendUrl: string;
beforeAll(async () => {
  cli = await createCliWorld();
  backendUrl = (await ensureLogins(cli.world.ownerUrl)).backend;
  const { queue_url } = await createQueue(stack);
  env = {
    ...aws,
    DATABASE_URL: backendUrl,
    REDIS_URL: stack.redisUrl,
    SQS_ENDPOINT: stack.sqsEndpoint,
    SQS_QUEUE_URL: queue_url,
    S3_ENDPOINT: stack.s3Endpoint,
    S3_BUCKET: stack.bucket,
  };
});
afterAll(() => cli.close());

interface Checked {
  readonly check: string;
  readonly status: string;
  readonly detail: string;
}

async function doctor(over: Record<string, string> = {}) {
  const { code, out, err } = await cli.run(["doctor", "--json"], { env: { ...env, ...over } });
  expect(err).toBe("");
  const { ok, checks } = JSON.parse(out) as { readonly ok: boolean; readonly checks: readonly Checked[] };
  return { code, ok, out, failed: checks.filter(({ status }) => status === "failed"), checks };
}

test("dpp doctor finds nothing wrong with good stores, as the role of worker and reaper", async () => {
  const { code, ok, failed, checks } = await doctor();
  expect(failed).toEqual([]);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  expect(checks.length).toBeGreaterThan(12);
});

test("dpp doctor prints a line for each check", async () => {
  const { code, out } = await cli.run(["doctor"], { env });
  expect(code).toBe(0);
  expect(out).toMatch(/^ok {7}bucket tells who wrote first: .* the settlement receipt is kept$/m);
  expect(out).toMatch(/^ok {7}bucket serves presigned URLs: GET 200, with a Content-Disposition of its own/m);
});

test("dpp doctor names what is broken, goes on with the rest, and shows no password", async () => {
  const url = new URL(backendUrl);
  url.password = "wrong-secret";
  const { code, ok, out, failed } = await doctor({
    DATABASE_URL: url.href,
    S3_BUCKET: "no-such-bucket",
    SQS_QUEUE_URL: `${stack.sqsEndpoint}/000000000000/no-such-queue`,
  });
  expect({ code, ok }).toEqual({ code: 1, ok: false });
  const checks = failed.map(({ check }) => check);
  expect(checks).toEqual(expect.arrayContaining(["database answers", "bucket tells who wrote first", "queue answers"]));
  expect(checks.filter((check) => check.startsWith("redis"))).toEqual([]);
  expect(out).not.toContain("wrong-secret");
});

test("dpp doctor skips a store that is not named", async () => {
  const { S3_BUCKET: _, ...rest } = env;
  const { out } = await cli.run(["doctor", "--json"], { env: rest });
  const { checks } = JSON.parse(out) as { readonly checks: readonly Checked[] };
  expect(checks.find(({ check }) => check === "bucket")?.status).toBe("skipped");
});

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a wrong password, a missing bucket and a missing queue stay; a store that is away may come back", async () => {
  const limits = { request_ms: 10_000, attempts: 1 };
  const url = new URL(backendUrl);
  url.password = "wrong";
  const pgOf = (connectionString: string) =>
    createPgDb({
      connectionString,
      max: 1,
      statement_timeout_ms: 5_000,
      connect_timeout_ms: 5_000,
      application_name: "t",
    });
  const wrong = pgOf(url.href);
  url.port = "1";
  const away = pgOf(url.href);
  const objects = createS3Objects({ client: awsClient(aws, stack.s3Endpoint, limits), bucket: "no-such-bucket" });
  const queue = createQueueInspector({
    client: awsClient(aws, stack.sqsEndpoint, limits),
    queue_url: `${stack.sqsEndpoint}/000000000000/no-such-queue`,
  });
  const errors = {
    password: await errorOf(wrong.db.query("SELECT 1", [])),
    bucket: await errorOf(objects.create("k", new Uint8Array(1), "text/plain", {})),
    queue: await errorOf(queue.attributes()),
    away: await errorOf(away.db.query("SELECT 1", [])),
  };
  for (const error of Object.values(errors)) expect(error).toBeInstanceOf(Outage);
  expect(Object.fromEntries(Object.entries(errors).map(([name, error]) => [name, isPermanent(error)]))).toEqual({
    password: true,
    bucket: true,
    queue: true,
    away: false,
  });
  queue.close();
  objects.close();
  await Promise.all([wrong.close(), away.close()]);
});
