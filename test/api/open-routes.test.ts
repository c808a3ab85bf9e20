import { describe, expect, test } from "vitest";
import { PROBLEMS, type ProblemSlug, problemType } from "#core/domain/problem.ts";
import { VERSION } from "#core/domain/version.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { problemKind } from "../../edge/service/problem-schema.ts";
import { call, problemOf } from "./client.ts";
import { createWorld, lentWorld, SHARED, sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const slugs = Object.keys(PROBLEMS) as ProblemSlug[];

test("health asks nobody and says the version", async () => {
  const before = world.roundTrips();
  expect((await call(`${world.url}/health`)).body).toEqual({
    status: "healthy",
    version: VERSION,
    build: SHARED.build,
  });
  expect(world.roundTrips()).toEqual(before);
});

test("readiness asks every store", async () => {
  await world.workerAlive();
  const answer = await call(`${world.url}/readyz`);
  expect(answer.status).toBe(200);
  const stores = { database: "up", redis: "up", sqs: "up", s3: "up" };
  expect(answer.body).toEqual({ status: "ready", ...stores, workers: "up", switch: "normal" });
});

test("readiness says that no worker is alive, that runs are not taken, and that nothing is", async () => {
  await using other = await lentWorld();
  const ask = async () => {
    const { status, body } = await call(`${other.url}/readyz`);
    return { code: status, ...(body as object) };
  };
  expect(await ask()).toMatchObject({ code: 503, status: "not-ready", workers: "down: none-alive" });
  await other.workerAlive();
  expect(await ask()).toMatchObject({ code: 200, status: "ready", workers: "up" });
  await setSwitch(other.owner, "read-only");
  expect(await ask()).toMatchObject({ code: 200, status: "degraded", switch: "read-only" });
  await setSwitch(other.owner, "halt");
  expect(await ask()).toMatchObject({ code: 503, status: "not-ready", switch: "halt", database: "up" });
});

test("readiness names the store that is down", async () => {
  const other = await createWorld({ bindings: { S3_BUCKET: "no-such-bucket", AWS_SECRET_ACCESS_KEY: "wrong" } });
  try {
    const answer = await call(`${other.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(answer.headers.has("retry-after")).toBe(true);
    expect(answer.body).toMatchObject({ database: "up", sqs: "down: unreachable", s3: "down: unreachable" });
  } finally {
    await other.close();
  }
});

describe.each(slugs)("the problem %s", (slug) => {
  test("has a page for people", async () => {
    const answer = await call(`${world.url}/problems/${slug}`, { headers: BROWSER });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'/,
    );
    expect(answer.headers.get("vary")).toBe("Accept");
    expect(answer.text).toContain(`<h1>${PROBLEMS[slug].title.replaceAll("'", "&#39;")}</h1>`);
  });

  test("is JSON or plain text for who asks", async () => {
    const url = `${world.url}/problems/${slug}`;
    const kind = problemKind.parse((await call(url, { headers: { Accept: "application/json" } })).body);
    expect(kind).toMatchObject({ code: slug, type: problemType(slug), status: PROBLEMS[slug].status });
    expect((await call(url, { headers: { Accept: "*/*" } })).body).toEqual(kind);
    const plain = await call(url, { headers: { Accept: "text/plain" } });
    expect(plain.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(plain.text).toContain(PROBLEMS[slug].what_to_do);
  });
});

test.each([
  "/problems/nope",
  "/problems/__proto__",
  "/problems/constructor",
  "/problems//nope",
  "/nowhere",
  "/v1",
  "/v1//runs",
  "/V1/budget",
])("%s is not found", async (path) => {
  const document = problemOf(await call(world.url + path), 404, "not-found");
  expect(document.instance).toBe(path);
  const page = await call(world.url + path, { headers: BROWSER });
  expect([page.status, page.text]).toEqual([404, expect.stringContaining("<h1>Not found</h1>")]);
});

test.each(["/nowhere", "/assets/nothing"])("%s bears an id, a trace and safe headers all the same", async (path) => {
  const { headers } = await call(world.url + path);
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  expect(headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
  });
});

test("the caller's request id and trace are taken up, insane ones are not", async () => {
  const trace_id = "0af7651916cd43dd8448eb211c80319c";
  const sane = { "X-Request-ID": "Order_7.a-b", traceparent: `00-${trace_id}-b7ad6b7169203331-00` };
  const answer = await call(`${world.url}/nowhere`, { headers: sane });
  expect(answer.headers.get("x-request-id")).toBe("Order_7.a-b");
  expect(answer.headers.get("traceparent")).toMatch(new RegExp(`^00-${trace_id}-(?!b7ad6b7169203331)[0-9a-f]{16}-00$`));
  expect(problemOf(answer, 404, "not-found").trace_id).toBe(trace_id);
  for (const given of ["a b", "x".repeat(129), "<b>", ""]) {
    const { headers } = await call(`${world.url}/health`, { headers: { "X-Request-ID": given, traceparent: given } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("without a contact of its own, security.txt names the pages about problems", async () => {
  await using plain = await lentWorld();
  const { text } = await call(`${plain.url}/.well-known/security.txt`);
  expect(text).toMatch(new RegExp(`^Contact: ${plain.url}/problems/\n`));
});

test("HEAD answers like GET, without a body", async () => {
  const answer = await call(`${world.url}/health`, { method: "HEAD" });
  expect([answer.status, answer.text]).toEqual([200, ""]);
});

test("the API description names its origin, and every reference in it leads somewhere", async () => {
  const { body, text } = await call(`${world.url}/openapi.json`);
  const document = body as { openapi: string; servers: { url: string }[] };
  expect(document.openapi).toBe("3.1.0");
  expect(document.servers).toEqual([{ url: world.url }]);
  for (const [, pointer = ""] of text.matchAll(/"#\/([^"]+)"/g)) {
    const found = pointer
      .split("/")
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], body);
    expect(found, pointer).toBeDefined();
  }
});
