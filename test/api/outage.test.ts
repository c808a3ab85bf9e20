import { VERSION } from "#core/domain/version.ts";
import { eventually } from "../support/eventually.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpFront, startHttpFront } from "../dev/http-front.ts";
import { acceptedRun, call, get, newIdempotencyKey, post, problemOf } from "./client.ts";
import { createWorld, lentWorld, type World } from "./harness.ts";

/** What a queue of messages answers, one that takes them unless a test says otherwise. */
const TAKES = { status: 200, text: '{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"x"}],"Failed":[]}' };

describe("a world whose queue is the test's", () => {
  const bodies: string[] = [];
  let answer = TAKES;
  let queue: HttpFront;
  let world: World;
  beforeAll(async () => {
    queue = await startHttpFront(async (_request, body, response) => {
      bodies.push(body.toString("utf8"));
      response.writeHead(answer.status).end(answer.text);
    });
    world = await createWorld({ bindings: { SQS_QUEUE_URL: `${queue.url}/000000000000/runs` } });
  });
  afterAll(async () => {
    await world.close();
    await queue.stop();
  });

  test("a signal that cannot be sent does not disturb the submit", async () => {
    answer = { status: 500, text: "{}" };
    const account = await world.account();
    acceptedRun(await post({ url: world.url, api_key: account.api_key }));
    await eventually(() => expect(world.logs.join()).toContain("signal failed"));
    expect((await call(`${world.url}/readyz`)).body).toMatchObject({ sqs: "down: unreachable", s3: "up" });
  });

  test("an accepted run is signalled with its trace, a replay is not", async () => {
    answer = TAKES;
    bodies.length = 0;
    const account = await world.account();
    const idempotency_key = newIdempotencyKey();
    const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
    const submit = () => post({ url: world.url, api_key: account.api_key, idempotency_key, headers });
    const run = acceptedRun(await submit());
    expect(acceptedRun(await submit()).run_id).toBe(run.run_id);
    const second = acceptedRun(await post({ url: world.url, api_key: account.api_key }));
    await eventually(() => expect(bodies).toHaveLength(2));
    const signals = bodies.map((body) => {
      const { QueueUrl, Entries } = JSON.parse(body) as { QueueUrl: string; Entries: { MessageBody: string }[] };
      expect(QueueUrl).toBe(`${queue.url}/000000000000/runs`);
      return JSON.parse(Entries[0]?.MessageBody ?? "") as { run_id: string; traceparent: string };
    });
    expect(signals.map((signal) => signal.run_id)).toEqual([run.run_id, second.run_id]);
    expect(signals[0]?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    const stored = await world.owner.query("SELECT trace_parent FROM runs WHERE run_id = $1", [run.run_id]);
    expect(stored[0]?.["trace_parent"]).toBe(signals[0]?.traceparent);
  });
});

test("when Postgres goes away a submit's outcome is unknown, and the caller is told to wait past its deadline", async () => {
  await using lost = await lentWorld();
  const account = await lost.account();
  const { run_id } = acceptedRun(await post({ url: lost.url, api_key: account.api_key }));
  await lost.stopPostgres();
  const refused = await post({ url: lost.url, api_key: account.api_key });
  problemOf(refused, 503, "unavailable");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(10);
  // The run may exist: what Redis holds for it stays.
  expect(await lost.mirror.openRuns(account)).toHaveLength(2);
  for (const path of ["/v1/budget", `/v1/runs/${run_id}`]) {
    const read = await get(lost.url + path, account.api_key);
    problemOf(read, 503, "unavailable");
    expect(read.headers.has("retry-after")).toBe(true);
  }
  expect(await call(`${lost.url}/readyz`)).toMatchObject({
    status: 503,
    body: { database: "down: unreachable", workers: "down: unknown", switch: "unknown" },
  });
  expect(await call(`${lost.url}/health`)).toMatchObject({ status: 200, body: { status: "healthy" } });
});

test("a fault of a statement is a bare 500, and the log has it under the trace id", async () => {
  const odd = await startHttpFront(async (_request, _body, response) => {
    response.writeHead(400).end('{"message":"no such function at 10.0.0.7","code":"42883","severity":"ERROR"}');
  });
  const broken = await createWorld({ bindings: { NEON_HTTP: `${odd.url}/sql` } });
  try {
    const account = await broken.account();
    const answer = await get(`${broken.url}/v1/budget`, account.api_key);
    const { trace_id, detail } = problemOf(answer, 500, "internal");
    expect(detail).not.toContain("10.0.0.7");
    await eventually(() => {
      const lines = broken.logs.filter((line) => line.includes(trace_id));
      expect(lines.join()).toContain("no such function");
    });
  } finally {
    await broken.close();
    await odd.stop();
  }
});

test("an environment that is not fit is alive and answers 503, and the log names every fault and no value", async () => {
  const faults = { DATABASE_URL: "mysql://secret@host", S3_BUCKET: "", AWS_REGION: "" };
  const misconfigured = await createWorld({ bindings: { ...faults, DPP_VERSION: "1.2.3" } });
  try {
    const health = await call(`${misconfigured.url}/health`);
    expect([health.status, health.body]).toEqual([200, { status: "healthy", version: VERSION, build: "1.2.3" }]);
    for (const path of ["/readyz", "/v1/budget", "/nowhere"]) {
      const answer = await call(misconfigured.url + path);
      problemOf(answer, 503, "unavailable");
      expect(answer.text).not.toMatch(/DATABASE_URL|secret/);
    }
    await eventually(() => {
      expect(misconfigured.logs.join()).toMatch(/DATABASE_URL.*AWS_REGION.*S3_BUCKET/);
    });
    expect(misconfigured.logs.join()).not.toContain("secret");
  } finally {
    await misconfigured.close();
  }
});
