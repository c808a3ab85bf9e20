import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS, type ProblemSlug } from "#core/domain/problem.ts";
import { problemKind } from "../../edge/docs/answers/problem.ts";
import { call, problemOf } from "./client.ts";
import { createWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld({ bindings: { DPP_VERSION: "1.2.3" } });
});
afterAll(() => world.close());

const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const slugs = Object.keys(PROBLEMS) as ProblemSlug[];

test("health asks nobody and says the version", async () => {
  const before = world.roundTrips();
  expect((await call(`${world.url}/health`)).body).toEqual({ status: "healthy", version: "1.2.3" });
  expect(world.roundTrips()).toEqual(before);
});

test("readiness asks every store", async () => {
  const answer = await call(`${world.url}/readyz`);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ status: "ready", database: "up", redis: "up", sqs: "up", s3: "up" });
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
    expect(kind).toMatchObject({ slug, type: url, status: PROBLEMS[slug].status });
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
  "/problems//",
  "/nowhere",
  "/v1",
  "/v1/runs/",
  "/V1/budget",
])("%s is not found", async (path) => {
  const document = problemOf(await call(world.url + path, { headers: BROWSER }), 404, "not-found");
  expect(document.instance).toBe(path);
});

test.each([
  ["PUT", "/v1/runs", "GET, HEAD, POST"],
  ["DELETE", "/v1/runs", "GET, HEAD, POST"],
  ["OPTIONS", "/v1/runs", "GET, HEAD, POST"],
  ["GET", "/v1/runs/estimate", "POST"],
  ["HEAD", "/v1/runs/estimate", "POST"],
  ["POST", "/v1/packs", "GET, HEAD"],
  ["PUT", "/v1/packs/decision", "GET, HEAD"],
  ["POST", "/v1/ledger", "GET, HEAD"],
  ["DELETE", "/v1/usage", "GET, HEAD"],
  ["POST", "/v1/budget", "GET, HEAD"],
  ["DELETE", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541", "GET, HEAD"],
  ["GET", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/cancel", "POST"],
  ["DELETE", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/cancel", "POST"],
  ["PATCH", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/result", "GET, HEAD"],
  ["POST", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/events", "GET, HEAD"],
  ["DELETE", "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/receipt", "GET, HEAD"],
  ["POST", "/.well-known/jwks.json", "GET, HEAD"],
  ["PUT", "/v1/keys", "GET, HEAD, POST"],
  ["GET", "/v1/keys/01a1fa37-24d5-77a5-b92c-ccf601371541", "DELETE"],
  ["GET", "/v1/keys/01a1fa37-24d5-77a5-b92c-ccf601371541/rotate", "POST"],
  ["GET", "/mcp", "POST"],
  ["DELETE", "/mcp", "POST"],
  ["PUT", "/v1/webhooks", "GET, HEAD, POST"],
  ["POST", "/v1/webhooks/default/secret", "GET, HEAD"],
  ["PATCH", "/v1/webhooks/01a1fa37-24d5-77a5-b92c-ccf601371541", "GET, HEAD, DELETE"],
  ["GET", "/v1/webhooks/01a1fa37-24d5-77a5-b92c-ccf601371541/rotate", "POST"],
  ["GET", "/v1/webhooks/01a1fa37-24d5-77a5-b92c-ccf601371541/enable", "POST"],
  ["POST", "/v1/webhooks/01a1fa37-24d5-77a5-b92c-ccf601371541/deliveries", "GET, HEAD"],
  ["GET", "/v1/webhooks/default/deliveries/01a1fa37-24d5-77a5-b92c-ccf601371541/redeliver", "POST"],
  ["POST", "/health", "GET, HEAD"],
  ["DELETE", "/readyz", "GET, HEAD"],
  ["POST", "/openapi.json", "GET, HEAD"],
  ["POST", "/", "GET, HEAD"],
  ["POST", "/problems", "GET, HEAD"],
  ["DELETE", "/problems/", "GET, HEAD"],
  ["POST", "/problems/unauthorized", "GET, HEAD"],
])("%s %s is not allowed", async (method, path, allow) => {
  const answer = await call(world.url + path, { method });
  if (method !== "HEAD") problemOf(answer, 405, "method-not-allowed");
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
});

test.each([
  "/",
  "/health",
  "/problems/",
  "/problems/unauthorized",
  "/nowhere",
  "/v1/budget",
  "/openapi.json",
  "/.well-known/jwks.json",
])("%s bears an id, a trace and safe headers", async (path) => {
  const { headers } = await call(world.url + path);
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  expect(headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-permitted-cross-domain-policies": "none",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": expect.stringContaining("camera=(), "),
    "cache-control": expect.stringMatching(/^(no-store|public, max-age=300)$/),
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

test("HEAD answers like GET, without a body", async () => {
  const answer = await call(`${world.url}/health`, { method: "HEAD" });
  expect([answer.status, answer.text]).toEqual([200, ""]);
});

test("the API description covers every route and every reference in it leads somewhere", async () => {
  const { body, text } = await call(`${world.url}/openapi.json`);
  const document = body as { openapi: string; paths: object; servers: { url: string }[] };
  expect(document.openapi).toBe("3.1.0");
  expect(document.servers).toEqual([{ url: world.url }]);
  expect(Object.keys(document.paths)).toEqual([
    "/v1/runs",
    "/v1/runs/estimate",
    "/v1/runs/{id}",
    "/v1/runs/{id}/events",
    "/v1/runs/{id}/cancel",
    "/v1/runs/{id}/result",
    "/v1/runs/{id}/receipt",
    "/.well-known/jwks.json",
    "/v1/packs",
    "/v1/packs/{type}",
    "/v1/budget",
    "/v1/ledger",
    "/v1/usage",
    "/v1/keys",
    "/v1/keys/{id}",
    "/v1/keys/{id}/rotate",
    "/mcp",
    "/v1/webhooks",
    "/v1/webhooks/default/secret",
    "/v1/webhooks/{id}",
    "/v1/webhooks/{id}/rotate",
    "/v1/webhooks/{id}/enable",
    "/v1/webhooks/{id}/deliveries",
    "/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver",
    "/",
    "/health",
    "/readyz",
    "/openapi.json",
    "/problems/",
    "/problems/{slug}",
  ]);
  for (const [, pointer = ""] of text.matchAll(/"#\/([^"]+)"/g)) {
    const found = pointer
      .split("/")
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], body);
    expect(found, pointer).toBeDefined();
  }
});
