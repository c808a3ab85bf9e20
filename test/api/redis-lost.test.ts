import { eventually } from "../support/eventually.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syncTenant } from "#core/store/sync-tenant.ts";
import audit from "../contract/support/ledger-audit.sql";
import { type Handler, type HttpFront, startHttpFront } from "../dev/http-front.ts";
import { acceptedRun, call, get, newIdempotencyKey, post, problemOf, work } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { createWorld, type World, worldLentToFile } from "./harness.ts";

const bypasses = (world: World) => world.logs.filter((line) => line.includes('"metric":"redis_bypassed"')).length;

const world = await worldLentToFile();

describe("Redis flushed", () => {
  test("between two requests, the tenant is loaded anew and its run is found", async () => {
    const before = bypasses(world);
    const account = await world.account({ funds: 3_000_000 });
    const idempotency_key = newIdempotencyKey();
    const submit = () => post({ url: world.url, api_key: account.api_key, idempotency_key });
    const run = acceptedRun(await submit());
    await world.mirror.forget(account);
    expect(acceptedRun(await submit()).run_id).toBe(run.run_id);
    await eventually(async () => {
      expect(await world.mirror.available(account)).toBe("2000000");
      expect(await world.mirror.openRuns(account)).toEqual([run.run_id]);
    });
    expect(bypasses(world) - before).toBe(0);
  });

  test("in the middle of traffic, no run is lost, no cent moves, and the mirror is right afterwards", async () => {
    const account = await world.account({ funds: 30_000_000 });
    let flushing = true;
    const flushes = (async () => {
      while (flushing) await Promise.all([world.mirror.forget(account), sleep(1)]);
    })();
    const keys = Array.from({ length: 40 }, newIdempotencyKey);
    const submit = (idempotency_key: string) => post({ url: world.url, api_key: account.api_key, idempotency_key });
    const answers = await Promise.all(keys.flatMap((key) => [submit(key), submit(key)]));
    flushing = false;
    await flushes;

    const runs = new Set(answers.filter(({ status }) => status === 202).map((answer) => acceptedRun(answer).run_id));
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const sql = "SELECT run_id FROM runs WHERE tenant_id = $1";
    const kept = (await world.owner.query(sql, [account.tenant_id])).map((row) => row["run_id"]);
    expect(new Set(kept)).toEqual(runs);
    expect(runs.size).toBeLessThanOrEqual(30);
    expect(await world.owner.query(audit, [])).toEqual([]);

    // A grace of nothing: the requests are over, so what Postgres does not have is no reservation.
    await eventually(async () => {
      await syncTenant({ db: world.owner, redis: world.redis }, account, 0.000_001);
      expect((await world.mirror.openRuns(account)).toSorted()).toEqual([...runs].toSorted());
    });
    expect(await world.mirror.available(account)).toBe(String(30_000_000 - runs.size * 1_000_000));
  });
});

describe("Redis away", () => {
  beforeAll(() => world.stopRedis());
  afterAll(() => world.restore());

  test("submits and reads are served by Postgres, without rate headers, and counted", async () => {
    const before = bypasses(world);
    const account = await world.account({ funds: 2_000_000 });
    const idempotency_key = newIdempotencyKey();
    const submit = (change = {}) =>
      post({ url: world.url, api_key: account.api_key, idempotency_key, body: work(change) });
    const first = await submit();
    const run = acceptedRun(first);
    expect(first.headers.has("ratelimit")).toBe(false);
    expect(acceptedRun(await submit()).run_id).toBe(run.run_id);
    problemOf(await submit({ timebox_sec: 1 }), 409, "idempotency-conflict");
    expect((await get(`${world.url}/v1/runs/${run.run_id}`, account.api_key)).status).toBe(200);
    expect((await get(`${world.url}/v1/budget`, account.api_key)).body).toMatchObject({ reserved_usd: "1.0000" });
    expect(bypasses(world) - before).toBe(5);
    expect(await world.owner.query(audit, [])).toEqual([]);
  });

  test("Postgres alone still guards budget, plan, scope and key", async () => {
    const poor = await world.account({ funds: 400_000 });
    problemOf(await post({ url: world.url, api_key: poor.api_key }), 422, "budget-exceeded");
    const other = await world.account({ plan: { pack_types: ["url"] } });
    problemOf(await post({ url: world.url, api_key: other.api_key }), 403, "pack-not-in-plan");
    const reader = await world.account({ key: { scopes: ["read"] } });
    problemOf(await post({ url: world.url, api_key: reader.api_key }), 403, "scope-missing");
    problemOf(await post({ url: world.url, api_key: newKey() }), 401, "unauthorized");
    problemOf(await get(`${world.url}/v1/budget`, newKey()), 401, "unauthorized");
  });

  test("a key may not ask without end", async () => {
    const account = await world.account();
    const answers = [];
    for (let i = 0; i < 100 && answers.at(-1)?.status !== 429; i++) {
      answers.push(await post({ url: world.url, api_key: account.api_key }));
    }
    const last = answers.at(-1);
    expect(last?.status).toBe(429);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test.each([
    ["its own rate", { key: { submit_per_minute: 1, read_per_minute: 1 } }],
    ["its plan's", { plan: { submit_per_minute: 1, submit_burst: 1, read_per_minute: 1, read_burst: 1 } }],
  ] as const)("a key is held to %s, where that is lower", async (_, options) => {
    const account = await world.account(options);
    const submit = () => post({ url: world.url, api_key: account.api_key });
    const read = () => get(`${world.url}/v1/budget`, account.api_key);
    expect([(await submit()).status, (await submit()).status]).toEqual([202, 429]);
    expect((await read()).status).toBe(200);
    const refused = await read();
    problemOf(refused, 429, "rate-limited");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1);
  });

  test("readiness says so and names no address, and that work is taken", async () => {
    await world.workerAlive();
    const answer = await call(`${world.url}/readyz`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: "degraded",
      database: "up",
      redis: "down: unreachable",
      sqs: "up",
      s3: "up",
      workers: "up",
      switch: "normal",
    });
  });
});

describe("a Redis that", () => {
  let answer: Handler = () => new Promise(() => undefined);
  let redis: HttpFront;
  let other: World;
  beforeAll(async () => {
    redis = await startHttpFront((...request) => answer(...request));
    other = await createWorld({ bindings: { UPSTASH_REDIS_REST_URL: redis.url, DPP_REDIS_TIMEOUT_MS: "500" } });
  });
  afterAll(async () => {
    await other.close();
    await redis.stop();
  });

  test("never answers is waited for a moment, then bypassed", async () => {
    const account = await other.account();
    acceptedRun(await post({ url: other.url, api_key: account.api_key }));
    expect(bypasses(other)).toBe(1);
    expect((await call(`${other.url}/readyz`)).body).toMatchObject({ redis: "down: timeout" });
  });

  test("answers nonsense is bypassed", async () => {
    answer = async (_request, _body, response) => void response.end('{"result":["WHAT"]}');
    const account = await other.account();
    acceptedRun(await post({ url: other.url, api_key: account.api_key }));
    expect((await get(`${other.url}/v1/budget`, account.api_key)).status).toBe(200);
  });
});
