import { expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { acceptedRun, bearer, call, cancelRun, get, post } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { send, sendRaw } from "./mcp-client.ts";

const world = await sharedWorld();

const budget = (api_key: string, address: string) =>
  call(`${world.url}/v1/budget`, { headers: { ...bearer(api_key), "CF-Connecting-IP": address } });
const statuses = async (answers: Promise<{ readonly status: number }>[]) =>
  Map.groupBy(await Promise.all(answers), ({ status }) => status);

test("a hundred good keys behind one address are all served by an isolate that knows none of them", async () => {
  const { tenant_id } = await world.account();
  const keys = await Promise.all(Array.from({ length: 100 }, () => world.key(tenant_id)));
  const answers = await statuses(keys.map(({ api_key }) => budget(api_key, "203.0.113.1")));
  expect([...answers.keys()]).toEqual([200]);
});

test("of very many unknown keys at once from one address, most are refused without a question", async () => {
  const before = world.roundTrips();
  const since_ms = performance.now();
  const answers = await statuses(Array.from({ length: 400 }, () => budget(newKey(), "203.0.113.2")));
  expect([...answers.keys()].toSorted()).toEqual([401, 429]);
  // The rate of an address without a known key: 128 at once and 5 a second.
  const allowed = 128 + Math.ceil((performance.now() - since_ms) / 1000) * 5;
  expect(world.roundTrips().postgres - before.postgres).toBeLessThanOrEqual(allowed);
  const { api_key } = await world.account();
  expect((await budget(api_key, "203.0.113.3")).status).toBe(200);
  expect((await budget(api_key, "203.0.113.2")).status).toBe(200);
});

test("a revoked key that only Postgres knows of, and a key over its rate, cost almost nothing", async () => {
  const revoked = await world.account();
  await get(`${world.url}/v1/budget`, revoked.api_key);
  await revokeKey(world.owner, revoked.key_id);
  const slow = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
  await get(`${world.url}/v1/budget`, slow.api_key);
  for (const [{ api_key }, status] of [
    [revoked, 401],
    [slow, 429],
  ] as const) {
    const before = world.roundTrips();
    for (let tries = 0; tries < 20; tries++) expect((await get(`${world.url}/v1/budget`, api_key)).status).toBe(status);
    expect(world.roundTrips().postgres - before.postgres).toBe(1);
  }
});

test("bodies that do not fit have a rate of their own, which holds back their key and no other", async () => {
  const [careless, careful] = [await world.account(), await world.account()];
  for (const { api_key } of [careless, careful]) acceptedRun(await post({ url: world.url, api_key }));
  const run_url = `${world.url}/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541`;
  const invalid = { body: "{", headers: { "Content-Type": "application/json" } };
  const sends = [
    () => post({ url: world.url, api_key: careless.api_key, body: "{" }),
    () => cancelRun(run_url, careless.api_key, invalid),
    () => sendRaw(world.url, careless.api_key, "{", invalid.headers),
    () => send(world.url, careless.api_key, { method: "tools/call", params: { name: "get_run", arguments: {} } }),
  ] as const;
  // A tool that refuses its arguments says so in an answer of 200.
  const asks = Array.from({ length: 400 }, (_, index) => sends[index % sends.length] ?? sends[0]);
  const answers = await statuses(asks.map((ask) => ask()));
  expect([...answers.keys()].toSorted()).toEqual([200, 400, 429]);
  acceptedRun(await post({ url: world.url, api_key: careful.api_key }));
  expect((await get(`${world.url}/v1/budget`, careless.api_key)).status).toBe(200);
});
