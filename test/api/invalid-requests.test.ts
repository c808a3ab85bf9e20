import { randomBytes } from "node:crypto";
import type { ProblemSlug } from "#core/domain/problem.ts";
import { eventually } from "../support/eventually.ts";
import { describe, expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type ApiResponse, call, get, post, problemOf } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { lentWorld, mistyped, sharedWorld, type World } from "./harness.ts";
import { LEGACY, send, sendRaw } from "./mcp-client.ts";

const world = await sharedWorld();

const INVALID: readonly (readonly [
  what: string,
  ask: (at: World, api_key: string) => Promise<ApiResponse>,
  status: number,
])[] = [
  ["a body that is no JSON", ({ url }, api_key) => post({ url, api_key, body: "{" }), 400],
  ["an Idempotency-Key too short", ({ url }, api_key) => post({ url, api_key, idempotency_key: "x" }), 400],
  [
    "another content type",
    ({ url }, api_key) => post({ url, api_key, headers: { "Content-Type": "text/plain" } }),
    415,
  ],
  ["a body too large", ({ url }, api_key) => post({ url, api_key, body: "x".repeat(256 * 1024 + 1) }), 413],
  ["a run id that is none", ({ url }, api_key) => get(`${url}/v1/runs/x`, api_key), 400],
  [
    "a parameter that does not fit",
    ({ url }, api_key) => get(`${url}/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541?include=x`, api_key),
    400,
  ],
];

describe.each(INVALID)("a request with %s", (_what, ask, status) => {
  test("by a key that is nobody's, or no longer anybody's, learns nothing but that", async () => {
    const account = await world.account();
    expect((await ask(world, account.api_key)).status).toBe(status);
    await revokeKey(world.owner, account.key_id);
    await syncTenant({ db: world.owner, redis: world.redis }, account, 90);
    const expired = await world.account({ key: { expires_at: new Date(Date.now() - 60_000) } });
    for (const api_key of [newKey(), mistyped(newKey()), account.api_key, expired.api_key]) {
      const answer = await ask(world, api_key);
      problemOf(answer, 401, "unauthorized");
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="decisionproof", error="invalid_token"');
      expect([answer.headers.has("ratelimit"), answer.headers.has("ratelimit-policy")]).toEqual([false, false]);
    }
  });

  test("counts as a read, and says where its key stands until the rate is used up", async () => {
    const { api_key } = await world.account({ plan: { read_per_minute: 1, read_burst: 2 } });
    const resetOf = ({ headers }: ApiResponse) => Number(/;t=(\d+)$/.exec(headers.get("ratelimit") ?? "")?.[1]);
    let reset_s = 0;
    for (const left of [1, 0]) {
      const answer = await ask(world, api_key);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("ratelimit")).toMatch(new RegExp(`^"read";r=${left};t=\\d+$`));
      expect(answer.headers.get("ratelimit-policy")).toBe('"read";q=2;w=120');
      const limits = ["limit", "remaining"].map((name) => answer.headers.get(`x-ratelimit-${name}`));
      expect(limits).toEqual(["2", String(left)]);
      reset_s = resetOf(answer);
      const resets_at_s = Number(answer.headers.get("x-ratelimit-reset"));
      expect(resets_at_s - reset_s).toBeGreaterThan(1_700_000_000);
      expect((resets_at_s - reset_s) * 1000).toBeLessThanOrEqual(Date.now() + 1000);
    }
    const refused = await ask(world, api_key);
    problemOf(refused, 429, "rate-limited");
    // The same as on a 400: until the whole burst is there again, while Retry-After is until the next request may come.
    expect(resetOf(refused)).toBeLessThanOrEqual(reset_s);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(resetOf(refused) - Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(59);
  });
});

test("without Redis or Postgres, what does not fit is still told, without where the key stands", async () => {
  await using lost = await lentWorld();
  const { api_key } = await lost.account();
  await Promise.all([lost.stopRedis(), lost.stopPostgres()]);
  for (const [, ask, status] of INVALID) {
    const answer = await ask(lost, api_key);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers.has("ratelimit")).toBe(false);
  }
});

test("the problem that is counted is the one that is answered", async () => {
  world.logs.length = 0;
  problemOf(
    await call(`${world.url}/v1/runs/x`, { headers: { Authorization: `Bearer ${newKey()}` } }),
    401,
    "unauthorized",
  );
  await eventually(() => expect(world.logs.join("\n")).toContain('"slug":"unauthorized"'));
  expect(world.logs.join("\n")).not.toContain("invalid-request");
});

test("the trace_id of every refusal finds the log line that says whose it was, and never the key", async () => {
  const account = await world.account();
  const { url } = world;
  const refusals: readonly [string, () => Promise<ApiResponse>, string][] = [
    ["/v1/runs/{id}", () => get(`${url}/v1/runs/${crypto.randomUUID()}`, account.api_key), "not-found"],
    ["/v1/runs", () => post({ url, api_key: account.api_key, body: "{" }), "invalid-request"],
    ["/v1/runs", () => post({ url, api_key: account.api_key, idempotency_key: "x" }), "invalid-idempotency-key"],
    ["/v1/keys", () => get(`${url}/v1/keys`, account.api_key), "scope-missing"],
  ];
  for (const [route, ask, code] of refusals) {
    const answer = await ask();
    const { trace_id, status } = problemOf(answer, answer.status, code as ProblemSlug);
    const line = await eventually(() => {
      const found = world.logs.find((each) => each.includes(trace_id) && each.includes("request refused"));
      if (found === undefined) throw new Error(`no line has ${trace_id}`);
      return found;
    });
    expect(JSON.parse(line)).toMatchObject({
      tenant_id: account.tenant_id,
      key_id: account.key_id,
      route,
      labels: { status: String(status), slug: code },
    });
    expect(line).not.toContain(account.api_key);
    expect(line).not.toContain(account.key_sha256);
  }
});

test("a refusal in an answer of 200 leaves the same line, with its tool or its code", async () => {
  const account = await world.account();
  const { url } = world;
  const trace_id = randomBytes(16).toString("hex");
  const headers = { traceparent: `00-${trace_id}-${"b".repeat(16)}-01` };
  const calling = (name: string, given = {}) => ({ method: "tools/call", params: { name, arguments: given } });
  const messages = [
    { ...calling("get_run", { run_id: crypto.randomUUID() }), headers, revision: LEGACY },
    { ...calling("secret_tool"), headers, revision: LEGACY },
    { method: "secret/method", headers, revision: LEGACY },
  ] as const;
  for (const message of messages) expect((await send(url, account.api_key, message)).status).toBe(200);
  const batch = [calling("submit_run"), { method: "secret/method" }].map((each, id) => ({
    jsonrpc: "2.0",
    id,
    ...each,
  }));
  const sent = { ...headers, "Content-Type": "application/json", "MCP-Protocol-Version": "2025-03-26" };
  expect((await sendRaw(url, account.api_key, JSON.stringify(batch), sent)).status).toBe(200);
  const lines = await eventually(() => {
    const found = world.logs.filter((each) => each.includes(trace_id) && each.includes("request refused"));
    expect(found).toHaveLength(5);
    return found;
  });
  const shared = { tenant_id: account.tenant_id, key_id: account.key_id, route: "/mcp", method: "POST" };
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { ...shared, labels: { status: "200", slug: "not-found" }, tool: "get_run" },
    { ...shared, labels: { status: "200", slug: "invalid-request" }, tool: null, rpc_code: -32_602 },
    { ...shared, labels: { status: "200", slug: "invalid-request" }, tool: null, rpc_code: -32_601 },
    { ...shared, labels: { status: "200", slug: "invalid-request" }, tool: "submit_run" },
    { ...shared, labels: { status: "200", slug: "invalid-request" }, tool: null, rpc_code: -32_601 },
  ]);
  expect(lines.join("")).not.toContain("secret");
});

test("of a flood of refusals in answers of 200 most are only counted", async () => {
  const account = await world.account();
  const none = { method: "tools/call", params: { name: "get_run", arguments: {} }, revision: LEGACY } as const;
  const before = world.logs.length;
  for (let sent = 0; sent < 8; sent++) {
    const batch = Array.from({ length: 20 }, (_, id) => ({
      jsonrpc: "2.0",
      id,
      method: none.method,
      params: none.params,
    }));
    const headers = { "Content-Type": "application/json", "MCP-Protocol-Version": "2025-03-26" };
    await sendRaw(world.url, account.api_key, JSON.stringify(batch), headers);
  }
  const lines = world.logs.slice(before).filter((line) => line.includes(account.key_id) && line.includes("refused"));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(120);
});
