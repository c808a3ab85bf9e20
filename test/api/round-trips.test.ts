import { expect, test } from "vitest";
import { acceptedRun, bearer, call, get, newIdempotencyKey, post, problemOf, work } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { mistyped, sharedWorld } from "./harness.ts";

const world = await sharedWorld();

/** What the stores were asked while `work` ran. */
async function counted<T>(ask: () => Promise<T>): Promise<{ answer: T; redis: number; postgres: number }> {
  const before = world.roundTrips();
  const answer = await ask();
  const after = world.roundTrips();
  return { answer, redis: after.redis - before.redis, postgres: after.postgres - before.postgres };
}

/** A tenant that the isolate has met, with every script known to Redis. */
async function metAccount() {
  const account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
  const idempotency_key = newIdempotencyKey();
  const run = acceptedRun(await post({ url: world.url, api_key: account.api_key, idempotency_key }));
  return { account, run, idempotency_key };
}

test("a submit asks Redis once and Postgres once", async () => {
  const { account } = await metAccount();
  const { answer, ...asked } = await counted(() => post({ url: world.url, api_key: account.api_key }));
  acceptedRun(answer);
  expect(asked).toEqual({ redis: 1, postgres: 1 });
});

test("a replay and a conflict ask Redis once and Postgres once", async () => {
  const { account, run, idempotency_key } = await metAccount();
  const again = { url: world.url, api_key: account.api_key, idempotency_key };
  const { answer, ...asked } = await counted(() => post(again));
  expect(acceptedRun(answer).run_id).toBe(run.run_id);
  expect(asked).toEqual({ redis: 1, postgres: 1 });
  const other = await counted(() => post({ ...again, body: work({ timebox_sec: 1 }) }));
  problemOf(other.answer, 409, "idempotency-conflict");
  expect(other).toMatchObject({ redis: 1, postgres: 1 });
});

test("a read asks each store once", async () => {
  const { account, run } = await metAccount();
  for (const path of [
    "/v1/budget",
    `/v1/runs/${run.run_id}`,
    `/v1/runs/${run.run_id}/result`,
    "/v1/runs",
    "/v1/packs",
    "/v1/packs/decision",
    "/v1/ledger",
    "/v1/ledger?format=csv",
    "/v1/usage",
  ]) {
    expect(await counted(() => get(world.url + path, account.api_key)), path).toMatchObject({ redis: 1, postgres: 1 });
  }
});

test("an estimate asks each store once, whether it would be taken or not", async () => {
  const { account } = await metAccount();
  for (const max_cost_usd of ["1.0000", "1000.0000"]) {
    const init = {
      method: "POST",
      headers: { ...bearer(account.api_key), "Content-Type": "application/json" },
      body: JSON.stringify(work({ max_cost_usd })),
    };
    const { answer, ...asked } = await counted(() => call(`${world.url}/v1/runs/estimate`, init));
    expect(answer.status).toBe(200);
    expect(asked).toEqual({ redis: 1, postgres: 1 });
  }
});

test("a mistyped key asks nothing", async () => {
  const wrong = mistyped(newKey());
  for (const ask of [
    () => get(`${world.url}/v1/budget`, wrong),
    () => get(`${world.url}/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541`, wrong),
    () => post({ url: world.url, api_key: wrong }),
  ]) {
    const { answer, ...asked } = await counted(ask);
    problemOf(answer, 401, "unauthorized");
    expect(asked).toEqual({ redis: 0, postgres: 0 });
  }
});

test("an unknown key is looked up once, then known to be nobody's", async () => {
  const api_key = newKey();
  const ask = () => counted(() => get(`${world.url}/v1/budget`, api_key));
  const first = await ask();
  problemOf(first.answer, 401, "unauthorized");
  expect(first.postgres).toBe(1);
  const second = await ask();
  problemOf(second.answer, 401, "unauthorized");
  expect(second).toMatchObject({ redis: 0, postgres: 0 });
});

/** More at once than the rate of one address lets through, however slow the machine. */
const FLOOD = 400;
const unknownKey = (address: string) =>
  call(`${world.url}/v1/budget`, { headers: { ...bearer(newKey()), "CF-Connecting-IP": address } });

test("beyond a rate, unknown keys are refused without asking anything, and known ones are served", async () => {
  const { account } = await metAccount();
  const one = await counted(() => unknownKey("198.51.100.1"));
  const flood = await counted(() => Promise.all(Array.from({ length: FLOOD }, () => unknownKey("198.51.100.2"))));
  const refused = flood.answer.filter(({ status }) => status !== 401);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    problemOf(answer, 429, "rate-limited");
    expect(answer.headers.has("retry-after")).toBe(true);
  }
  const asked = FLOOD - refused.length;
  expect(flood).toMatchObject({ redis: asked * one.redis, postgres: asked * one.postgres });
  const known = { ...bearer(account.api_key), "CF-Connecting-IP": "198.51.100.2" };
  expect((await call(`${world.url}/v1/budget`, { headers: known })).status).toBe(200);
});

test("unknown keys at one address do not disturb another, and one network counts as one address", async () => {
  const network = Array.from({ length: FLOOD }, (_, host) => unknownKey(`2001:db8:0:1::${host.toString(16)}`));
  const refused = (await Promise.all(network)).find(({ status }) => status !== 401);
  if (refused === undefined) throw new Error("none was refused");
  problemOf(refused, 429, "rate-limited");
  problemOf(await unknownKey("2001:db8:0:2::1"), 401, "unauthorized");
  problemOf(await unknownKey("203.0.113.7"), 401, "unauthorized");
});
