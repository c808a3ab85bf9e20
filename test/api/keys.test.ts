import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { revokeKey } from "#core/store/postgres/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type Answer, acceptedRun, call, newIdempotencyKey, problemOf, work } from "./client.ts";
import { type Account, createWorld, mistyped, newKey, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-ID": "same" };
const ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const ROUTES = [
  { method: "POST", path: "/v1/runs", scope: "submit", body: JSON.stringify(work()) },
  { method: "POST", path: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/cancel", scope: "submit", body: "{}" },
  { method: "GET", path: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541", scope: "read" },
  { method: "GET", path: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/result", scope: "read" },
  { method: "POST", path: "/v1/runs/estimate", scope: "submit", body: JSON.stringify(work()) },
  { method: "GET", path: "/v1/runs", scope: "read" },
  { method: "GET", path: "/v1/packs", scope: "read" },
  { method: "GET", path: "/v1/packs/decision", scope: "read" },
  { method: "GET", path: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/events", scope: "read" },
  { method: "GET", path: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541/receipt", scope: "read" },
  { method: "GET", path: "/v1/budget", scope: "read" },
  { method: "GET", path: "/v1/ledger", scope: "read" },
  { method: "GET", path: "/v1/usage", scope: "read" },
  { method: "GET", path: "/v1/keys", scope: "admin" },
  { method: "POST", path: "/v1/keys", scope: "admin", body: JSON.stringify({ name: "new", scopes: ["read"] }) },
  { method: "POST", path: "/v1/keys/01a1fa37-24d5-77a5-b92c-ccf601371541/rotate", scope: "admin", body: "{}" },
  { method: "DELETE", path: "/v1/keys/01a1fa37-24d5-77a5-b92c-ccf601371541", scope: "admin" },
  {
    method: "POST",
    path: "/mcp",
    scope: "read",
    body: '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"01a1fa37-24d5-77a5-b92c-ccf601371541"}}',
    headers: { "MCP-Protocol-Version": "2025-11-25" },
  },
  { method: "GET", path: "/v1/webhooks", scope: "admin" },
  { method: "POST", path: "/v1/webhooks", scope: "admin", body: '{"url":"https://example.com/"}' },
  { method: "GET", path: "/v1/webhooks/default/secret", scope: "admin" },
  { method: "GET", path: `/v1/webhooks/${ID}`, scope: "admin" },
  { method: "DELETE", path: `/v1/webhooks/${ID}`, scope: "admin" },
  { method: "POST", path: `/v1/webhooks/${ID}/rotate`, scope: "admin", body: "{}" },
  { method: "POST", path: `/v1/webhooks/${ID}/enable`, scope: "admin", body: "{}" },
  { method: "GET", path: `/v1/webhooks/${ID}/deliveries`, scope: "admin" },
  { method: "POST", path: `/v1/webhooks/${ID}/deliveries/${ID}/redeliver`, scope: "admin", body: "{}" },
] as const;

describe.each(ROUTES)("$method $path", (route) => {
  const { method, path, scope } = route;
  const ask = (authorization: string | undefined): Promise<Answer> =>
    call(world.url + path, {
      method,
      headers: {
        ...TRACE,
        ...("headers" in route && route.headers),
        ...(authorization !== undefined && { Authorization: authorization }),
        "Content-Type": "application/json",
        "Idempotency-Key": newIdempotencyKey(),
      },
      ...("body" in route && { body: route.body }),
    });
  const able = { key: { scopes: [scope] } };
  const revoked = async (): Promise<string> => {
    const account = await world.account(able);
    await ask(`Bearer ${account.api_key}`);
    await revokeKey(world.owner, account.key_id);
    await syncTenant({ db: world.owner, redis: world.redis }, account, 90);
    return account.api_key;
  };

  test("says the same words whatever is wrong with the key", async () => {
    const past = { expires_at: new Date(Date.now() - 60_000) };
    const valid = await world.account();
    const answers = [
      await ask(undefined),
      await ask(""),
      await ask("Bearer"),
      await ask("Bearer "),
      await ask(valid.api_key),
      await ask(`Basic ${valid.api_key}`),
      await ask(`Bearer ${valid.api_key} ${valid.api_key}`),
      await ask(`Bearer ${mistyped(valid.api_key)}`),
      await ask(`Bearer ${valid.api_key.toLowerCase()}`),
      await ask(`Bearer ${newKey()}`),
      await ask(`Bearer ${(await world.account({ key: past })).api_key}`),
      await ask(`Bearer ${await revoked()}`),
    ];
    const seen = answers.map((answer) => {
      problemOf(answer, 401, "unauthorized");
      const { traceparent: _own, date: _now, ...headers } = Object.fromEntries(answer.headers);
      return JSON.stringify([answer.text, headers]);
    });
    expect(answers[0]?.headers.get("www-authenticate")).toBe("Bearer");
    expect(new Set(seen).size).toBe(1);
  });

  test("refuses a revoked key from the next request on, though only Postgres knows", async () => {
    const account = await world.account(able);
    expect((await ask(`Bearer ${account.api_key}`)).status).not.toBe(401);
    await revokeKey(world.owner, account.key_id);
    problemOf(await ask(`Bearer ${account.api_key}`), 401, "unauthorized");
  });

  test(`wants a key with the scope ${scope}`, async () => {
    const account: Account = await world.account({ key: { scopes: [scope === "read" ? "submit" : "read"] } });
    const refused = await ask(`Bearer ${account.api_key}`);
    expect(problemOf(refused, 403, "scope-missing").detail).toContain(`"${scope}"`);
    expect(refused.headers.has("ratelimit")).toBe(true);
  });

  test("takes the scheme in any case", async () => {
    const { api_key } = await world.account();
    expect((await ask(`bearer ${api_key}`)).status).not.toBe(401);
  });
});

test("a suspended tenant's keys are refused", async () => {
  const account = await world.account();
  await world.owner.query("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", [account.tenant_id]);
  const init = { headers: { Authorization: `Bearer ${account.api_key}` } };
  problemOf(await call(`${world.url}/v1/budget`, init), 401, "unauthorized");
});

test("a key with a rate of its own is held to it", async () => {
  const account = await world.account();
  const slow = await world.key(account.tenant_id, { read_per_minute: 1 });
  const policy = async ({ api_key }: Account) => {
    const answer = await call(`${world.url}/v1/budget`, { headers: { Authorization: `Bearer ${api_key}` } });
    return answer.headers.get("ratelimit-policy");
  };
  await policy(slow);
  expect(await policy(slow)).toBe('"read";q=10000;w=600000');
  expect(await policy(account)).toBe('"read";q=10000;w=1');
});

test("two keys of one tenant see the same run", async () => {
  const account = await world.account();
  const other = await world.key(account.tenant_id);
  const headers = { "Content-Type": "application/json", "Idempotency-Key": newIdempotencyKey() };
  const submit = ({ api_key }: Account) =>
    call(`${world.url}/v1/runs`, {
      method: "POST",
      headers: { ...headers, Authorization: `Bearer ${api_key}` },
      body: JSON.stringify(work()),
    });
  const run = acceptedRun(await submit(account));
  expect(acceptedRun(await submit(other)).run_id).toBe(run.run_id);
});
