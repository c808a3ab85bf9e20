import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis as RawClient } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "#core/domain/ids.ts";
import { micros } from "#core/domain/money.ts";
import type { TenantSnapshot } from "#core/store/postgres/tenant-snapshot.ts";
import { type AdmitRequest, admit } from "#core/store/redis/admit.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { release } from "#core/store/redis/release.ts";
import { settle } from "#core/store/redis/settle.ts";
import { sync } from "#core/store/redis/sync.ts";
import { createRandom } from "../../backend/drivers/random.ts";
import { type RedisDriver, createRedis } from "../../backend/drivers/redis.ts";
import { redisEngines } from "../stack/redis-engines.ts";
import { type RedisService, startRedis } from "../stack/redis.ts";

const KEY = "a".repeat(64);
const GRACE = 90;
const random = createRandom();
const id = () => newId(Date.now(), random.bytes(16));
const hex = () => Buffer.from(random.bytes(32)).toString("hex");

describe.each(redisEngines())("the shield on %s", (engine) => {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-shield-"));
  let server: RedisService;
  let driver: RedisDriver;
  let raw: RawClient;

  beforeAll(async () => {
    server = await startRedis({ stateDir, engine });
    driver = createRedis({ url: server.url, command_timeout_ms: 5_000 });
    raw = new RawClient(server.url);
  });
  afterAll(async () => {
    driver.close();
    raw.disconnect();
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const snapshotOf = (over: Partial<TenantSnapshot> = {}, plan = {}, key = {}): TenantSnapshot => ({
    tenant_id: id(),
    available_micros: micros(100_000),
    open_runs: [],
    plan: {
      version: "5",
      submit_per_minute: 6000,
      submit_burst: 1000,
      read_per_minute: 6000,
      read_burst: 1000,
      max_open_runs: 5,
      max_cost_micros: "50000",
      pack_types: ["decision", "url"],
      ...plan,
    },
    keys: [
      {
        sha256: KEY,
        key_id: id(),
        status: "active",
        expires_at_ms: null,
        scopes: ["submit", "read"],
        submit_per_minute: null,
        read_per_minute: null,
        version: "3",
        ...key,
      },
    ],
    ...over,
  });
  const load = async (snapshot: TenantSnapshot, grace_seconds = GRACE) =>
    sync(driver.redis, snapshot, { clock_read: await readClock(driver.redis), grace_seconds });
  const loaded = async (...given: Parameters<typeof snapshotOf>) => {
    const snapshot = snapshotOf(...given);
    expect((await load(snapshot)).kind).toBe("synced");
    return snapshot;
  };
  const request = (tenant_id: string, over: Partial<AdmitRequest> = {}): AdmitRequest => ({
    tenant_id,
    key_sha256: KEY,
    idempotency_sha256: hex(),
    run_id: id(),
    payload_sha256: hex(),
    reserve: micros(20_000),
    pack_type: "decision",
    ...over,
  });
  const available = (tenant_id: string) => raw.hget(tenantKeys(tenant_id).budget, "available");
  const kind = async (wanted: AdmitRequest) => (await admit(driver.redis, wanted)).kind;

  test("a tenant that is not mirrored is NOT_LOADED, never refused", async () => {
    expect(await admit(driver.redis, request(id()))).toEqual({ kind: "NOT_LOADED" });
    expect(await authorize(driver.redis, { tenant_id: id(), key_sha256: KEY, scope: "read" })).toEqual({
      kind: "NOT_LOADED",
    });
  });

  test("an admission reserves its amount once and tells where the caller stands", async () => {
    const { tenant_id } = await loaded();
    const wanted = request(tenant_id);
    expect(await admit(driver.redis, wanted)).toMatchObject({
      kind: "RESERVED",
      rate: { limit: 1000, window_ms: 10_000, remaining: 999 },
    });
    expect(await available(tenant_id)).toBe("80000");
    expect(await admit(driver.redis, { ...wanted, run_id: id() })).toMatchObject({
      kind: "REPLAY",
      run_id: wanted.run_id,
    });
    expect(await kind({ ...wanted, payload_sha256: hex() })).toBe("CONFLICT");
    expect(await available(tenant_id)).toBe("80000");
  });

  test("amounts above 10^14 keep every digit", async () => {
    const { tenant_id } = await loaded(
      { available_micros: micros(900_000_000_000_001) },
      { max_cost_micros: "1000000000000" },
    );
    await admit(driver.redis, request(tenant_id, { reserve: micros(1_000_000_000_000) }));
    expect(await available(tenant_id)).toBe("899000000000001");
  });

  test("money for two runs admits two of twenty at once", async () => {
    const { tenant_id } = await loaded({ available_micros: micros(40_000) }, { max_open_runs: 100 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => admit(driver.redis, request(tenant_id))));
    expect(answers.filter((answer) => answer.kind === "RESERVED")).toHaveLength(2);
    expect(answers.find((answer) => answer.kind === "NO_BUDGET")).toMatchObject({ available: 0 });
    expect(await available(tenant_id)).toBe("0");
  });

  test("refusals change nothing but the rate, and a hint wins over each of them", async () => {
    const { tenant_id } = await loaded({ available_micros: micros(30_000) }, { max_open_runs: 1 });
    expect(await kind(request(tenant_id, { pack_type: "ocr" }))).toBe("PACK_NOT_IN_PLAN");
    expect(await kind(request(tenant_id, { pack_type: "deci" }))).toBe("PACK_NOT_IN_PLAN");
    expect(await admit(driver.redis, request(tenant_id, { reserve: micros(50_001) }))).toMatchObject({
      kind: "COST_OVER_PLAN_LIMIT",
      limit: 50_000,
    });
    expect(await admit(driver.redis, request(tenant_id, { reserve: micros(30_001) }))).toMatchObject({
      kind: "NO_BUDGET",
      available: 30_000,
    });
    const first = request(tenant_id);
    expect(await kind(first)).toBe("RESERVED");
    expect(await kind(request(tenant_id))).toBe("TOO_MANY_OPEN");
    expect(await kind(first)).toBe("REPLAY");
    expect(await available(tenant_id)).toBe("10000");
  });

  test("a key that is revoked, expired or lacks the scope is refused", async () => {
    const revoked = await loaded({}, {}, { status: "revoked" });
    expect(await kind(request(revoked.tenant_id))).toBe("UNAUTHORIZED");
    const expired = await loaded({}, {}, { expires_at_ms: String(Date.now() - 60_000) });
    expect(await kind(request(expired.tenant_id))).toBe("UNAUTHORIZED");
    const future = await loaded({}, {}, { expires_at_ms: String(Date.now() + 3_600_000) });
    expect(await kind(request(future.tenant_id))).toBe("RESERVED");
    const reader = await loaded({}, {}, { scopes: ["read"] });
    expect(await kind(request(reader.tenant_id))).toBe("SCOPE_MISSING");
    expect(await authorize(driver.redis, { ...reader, key_sha256: KEY, scope: "admin" })).toMatchObject({
      kind: "SCOPE_MISSING",
    });
    expect(await authorize(driver.redis, { ...reader, key_sha256: KEY, scope: "read" })).toMatchObject({
      kind: "ALLOWED",
    });
  });

  test("a burst is let through, the next request waits, and every rate key has a time to live", async () => {
    const { tenant_id } = await loaded(
      {},
      { submit_per_minute: 1, submit_burst: 3, max_open_runs: 100 },
      { submit_per_minute: 600 },
    );
    const kinds = [];
    for (let i = 0; i < 5; i++) kinds.push(await kind(request(tenant_id, { reserve: micros(5_000) })));
    expect(kinds).toEqual(["RESERVED", "RESERVED", "RESERVED", "RATE_LIMITED", "RATE_LIMITED"]);
    const limited = await admit(driver.redis, request(tenant_id));
    expect(limited).toMatchObject({ rate: { limit: 3, remaining: 0 } });
    for (const key of [tenantKeys(tenant_id).tenantRate("submit"), tenantKeys(tenant_id).keyRate(KEY, "submit")]) {
      expect(await raw.pttl(key)).toBeGreaterThan(0);
    }
    expect(await available(tenant_id)).toBe("85000");
  });

  test("a key's own rate limits it although its tenant's does not, and a refused request moves neither", async () => {
    const { tenant_id } = await loaded({}, { read_burst: 2 }, { read_per_minute: 1 });
    const ask = () => authorize(driver.redis, { tenant_id, key_sha256: KEY, scope: "read" });
    expect([(await ask()).kind, (await ask()).kind, (await ask()).kind]).toEqual(["ALLOWED", "ALLOWED", "RATE_LIMITED"]);
    const before = await raw.get(tenantKeys(tenant_id).tenantRate("read"));
    await ask();
    expect(await raw.get(tenantKeys(tenant_id).tenantRate("read"))).toBe(before);
  });

  test("an arrival time far ahead, left by a clock that was set back, does not refuse for longer than its window", async () => {
    const { tenant_id } = await loaded({}, { submit_per_minute: 60, submit_burst: 10 });
    await raw.set(tenantKeys(tenant_id).tenantRate("submit"), String((Date.now() + 86_400_000) * 1000));
    const answer = await admit(driver.redis, request(tenant_id));
    expect(answer).toMatchObject({ kind: "RATE_LIMITED" });
    expect("rate" in answer && answer.rate.reset_ms).toBeLessThanOrEqual(1000);
  });

  test("release gives back once and drops the hint of its own run alone", async () => {
    const { tenant_id } = await loaded();
    const first = request(tenant_id);
    await admit(driver.redis, first);
    await release(driver.redis, { ...first, run_id: id() });
    expect(await kind(first)).toBe("REPLAY");
    await release(driver.redis, first);
    await release(driver.redis, first);
    expect(await available(tenant_id)).toBe("100000");
    expect(await kind({ ...first, payload_sha256: hex() })).toBe("RESERVED");
  });

  test("settle gives back what was not charged, once", async () => {
    const { tenant_id } = await loaded();
    const first = request(tenant_id);
    await admit(driver.redis, first);
    await settle(driver.redis, { tenant_id, run_id: first.run_id, charged: micros(12_500) });
    await settle(driver.redis, { tenant_id, run_id: first.run_id, charged: micros(12_500) });
    expect(await available(tenant_id)).toBe("87500");
    expect(await raw.hlen(tenantKeys(tenant_id).open)).toBe(0);
  });

  test("sync keeps a young reservation that Postgres does not have and drops an old one", async () => {
    const snapshot = await loaded();
    const young = request(snapshot.tenant_id);
    await admit(driver.redis, young);
    expect(await load(snapshot)).toEqual({ kind: "synced", drift_micros: 0, kept: 1 });
    expect(await available(snapshot.tenant_id)).toBe("80000");
    expect(await load(snapshot, 0)).toMatchObject({ kept: 0 });
    expect(await available(snapshot.tenant_id)).toBe("100000");
  });

  test("sync takes every run that Postgres has, and a reservation dated in the future is dropped", async () => {
    const run_id = id();
    const snapshot = await loaded();
    const keys = tenantKeys(snapshot.tenant_id);
    await raw.hset(keys.open, id(), `7000:${(Date.now() + 3_600_000) * 1000}`);
    await load({ ...snapshot, available_micros: micros(60_000), open_runs: [{ run_id, micros: "40000" }] });
    expect(await raw.hkeys(keys.open)).toEqual([run_id]);
    expect(await available(snapshot.tenant_id)).toBe("60000");
  });

  test("a snapshot that is older than the mirrored one changes nothing", async () => {
    const snapshot = snapshotOf();
    const clock_read = await readClock(driver.redis);
    await load(snapshot);
    const old = { ...snapshot, available_micros: micros(1) };
    expect(await sync(driver.redis, old, { clock_read, grace_seconds: GRACE })).toEqual({ kind: "stale" });
    expect(await available(snapshot.tenant_id)).toBe("100000");
  });

  test("a key and a plan move by rising version alone, so that a revoked key never comes back", async () => {
    const snapshot = await loaded({}, {}, { status: "revoked", version: "9" });
    const [key] = snapshot.keys;
    if (key === undefined) throw new Error("no key");
    await load({
      ...snapshot,
      plan: { ...snapshot.plan, version: "4", pack_types: [] },
      keys: [{ ...key, status: "active", version: "8" }],
    });
    expect(await kind(request(snapshot.tenant_id))).toBe("UNAUTHORIZED");
    expect(await raw.hget(tenantKeys(snapshot.tenant_id).plan, "pack_types")).toBe(",decision,url,");
  });

  test("a server that forgot its scripts runs them all the same", async () => {
    const { tenant_id } = await loaded();
    await raw.script("FLUSH");
    expect(await kind(request(tenant_id))).toBe("RESERVED");
  });
});
