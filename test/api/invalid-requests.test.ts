import type { ProblemSlug } from "#core/domain/problem.ts";
import { eventually } from "../support/eventually.ts";
import { describe, expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type ApiResponse, call, get, post, problemOf } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { createWorld, mistyped, type World, sharedWorld } from "./harness.ts";

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
      const told = ["limit", "remaining"].map((name) => answer.headers.get(`x-ratelimit-${name}`));
      expect(told).toEqual(["2", String(left)]);
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
  const lost = await createWorld();
  try {
    const { api_key } = await lost.account();
    await Promise.all([lost.stopRedis(), lost.stopPostgres()]);
    for (const [, ask, status] of INVALID) {
      const answer = await ask(lost, api_key);
      expect(answer.status, answer.text).toBe(status);
      expect(answer.headers.has("ratelimit")).toBe(false);
    }
  } finally {
    await lost.close();
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
