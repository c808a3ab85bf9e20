import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devStackEnvironment } from "../dev/dev-stack.ts";
import { type CliWorld, createCliWorld } from "./support/cli-world.ts";

let cli: CliWorld;

beforeAll(async () => {
  cli = await createCliWorld();
});
afterAll(() => cli.close());

/** A directory with the stack file that `npm run dev` writes into `.dev`, or none. */
function checkout(stack?: unknown, dev = ".dev"): string {
  const cwd = mkdtempSync(join(cli.directory, "checkout-"));
  if (stack === undefined) return cwd;
  mkdirSync(join(cwd, dev));
  writeFileSync(join(cwd, dev, "stack.json"), typeof stack === "string" ? stack : JSON.stringify(stack));
  return cwd;
}

const running = () => ({ database_url: cli.stores.DATABASE_URL, redis_url: cli.stores.REDIS_URL, edge_url: "x" });
const silent = { database_url: "postgres://nobody@127.0.0.1:1/none" };

describe.each([
  ["npm run dpp", "cli", ["switch", "show"], "normal since"],
  ["npm run migrate -- --check", "migrate", ["--check"], "the database is what the migrations make"],
] as const)("%s without DATABASE_URL", (_, program, args, answer) => {
  const run = (cwd: string, env: NodeJS.ProcessEnv = {}) => cli.start(args, { program, cwd, env, on_dev_stack: true });

  it("uses the development stack, and says so", async () => {
    expect(await run(checkout(running()))).toEqual({
      code: 0,
      out: expect.stringContaining(answer),
      err: "DATABASE_URL is not set: using the development stack of .dev/stack.json\n",
    });
  });

  it("uses that of DPP_DEV_DIR", async () => {
    const { code, err } = await run(checkout(running(), "elsewhere"), { DPP_DEV_DIR: "elsewhere" });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("elsewhere/stack.json") });
  });

  it("says what to do where there is no development stack", async () => {
    const { code, out, err } = await run(checkout());
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("must be the postgres:// URL of the database's owner");
    expect(err).toContain("There is no .dev/stack.json: set DATABASE_URL, or start `npm run dev`.");
  });

  it("says what to do where the stack file cannot be read", async () => {
    const { code, err } = await run(checkout("{"));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(".dev/stack.json cannot be read") });
  });

  it("says so where the development stack does not answer", async () => {
    const { code, err } = await run(checkout(silent));
    expect(code).toBe(1);
    expect(err).toContain("the development stack of .dev/stack.json does not answer (is `npm run dev` running?)\n");
  });
});

it("all stores of the development stack and its edge's keys are used, and none of them beside a DATABASE_URL", async () => {
  const directory = checkout(
    {
      edge_url: "http://127.0.0.1:1",
      database_url: cli.stores.DATABASE_URL,
      redis_url: "redis://127.0.0.1:2",
      sqs_endpoint: "http://127.0.0.1:3",
      queue_url: "http://127.0.0.1:3/queue",
      dlq_url: "http://127.0.0.1:3/dlq",
      s3_endpoint: "http://127.0.0.1:4",
      bucket: "bucket",
      aws_region: "us-east-1",
      aws_access_key_id: "id",
      aws_secret_access_key: "secret",
      metrics_urls: ["http://127.0.0.1:5/metrics", "http://127.0.0.1:6/metrics"],
    },
    "stack",
  );
  expect(devStackEnvironment({ DPP_DEV_DIR: join(directory, "stack") })).toEqual({
    DATABASE_URL: cli.stores.DATABASE_URL,
    REDIS_URL: "redis://127.0.0.1:2",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    SQS_ENDPOINT: "http://127.0.0.1:3",
    SQS_QUEUE_URL: "http://127.0.0.1:3/queue",
    SQS_DLQ_URL: "http://127.0.0.1:3/dlq",
    S3_ENDPOINT: "http://127.0.0.1:4",
    S3_BUCKET: "bucket",
    DPP_METRICS_URLS: "http://127.0.0.1:5/metrics,http://127.0.0.1:6/metrics",
    DPP_JWKS: "http://127.0.0.1:1/.well-known/jwks.json",
  });
  const own = { DATABASE_URL: cli.stores.DATABASE_URL };
  const answer = await cli.start(["dlq", "list"], { program: "cli", cwd: checkout({}), env: own, on_dev_stack: true });
  expect(answer).toMatchObject({ code: 2, err: expect.stringContaining("this command needs AWS_REGION") });
});

describe("npm run migrate", () => {
  it("never applies to the development stack unasked", async () => {
    const answer = await cli.start([], {
      program: "migrate",
      cwd: checkout(running()),
      env: {},
      on_dev_stack: true,
    });
    expect(answer).toMatchObject({ code: 2, out: "", err: expect.stringContaining("DATABASE_URL must be") });
  });
});
