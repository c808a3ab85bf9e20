import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { admit } from "#core/store/redis/admit.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { release } from "#core/store/redis/release.ts";
import { settle } from "#core/store/redis/settle.ts";
import { sync } from "#core/store/redis/sync.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { GRACE, hex, id, request, shieldHarness, snapshotOf } from "./support/shield-harness.ts";

describe.each(redisEngines())("the mirror at the shield on %s", (engine) => {
  const shield = shieldHarness(engine);
  const { load, loaded, available, kind } = shield;

  test("release gives back once and drops the hint of its own run alone", async () => {
    const { tenant_id } = await loaded();
    const first = request(tenant_id);
    await admit(shield.redis, first);
    await release(shield.redis, { ...first, run_id: id() });
    expect(await kind(first)).toBe("REPLAY");
    await release(shield.redis, first);
    await release(shield.redis, first);
    expect(await available(tenant_id)).toBe("100000");
    expect(await kind({ ...first, payload_sha256: hex() })).toBe("RESERVED");
  });

  test("settle gives back what was not charged, once", async () => {
    const { tenant_id } = await loaded();
    const first = request(tenant_id);
    await admit(shield.redis, first);
    await settle(shield.redis, { tenant_id, run_id: first.run_id, charged: micros(12_500) });
    await settle(shield.redis, { tenant_id, run_id: first.run_id, charged: micros(12_500) });
    expect(await available(tenant_id)).toBe("87500");
    expect(await shield.raw.hlen(tenantKeys(tenant_id).open)).toBe(0);
  });

  test("sync keeps a young reservation that Postgres does not have and drops an old one", async () => {
    const snapshot = await loaded();
    const young = request(snapshot.tenant_id);
    await admit(shield.redis, young);
    expect(await load(snapshot)).toEqual({ kind: "synced", drift_micros: 0, kept: 1 });
    expect(await available(snapshot.tenant_id)).toBe("80000");
    expect(await load(snapshot, 0)).toMatchObject({ kept: 0 });
    expect(await available(snapshot.tenant_id)).toBe("100000");
  });

  test("sync takes every run that Postgres has, and a reservation dated in the future is dropped", async () => {
    const run_id = id();
    const snapshot = await loaded();
    const keys = tenantKeys(snapshot.tenant_id);
    await shield.raw.hset(keys.open, id(), `7000:${(Date.now() + 3_600_000) * 1000}`);
    await load({ ...snapshot, available_micros: micros(60_000), open_runs: [{ run_id, micros: "40000" }] });
    expect(await shield.raw.hkeys(keys.open)).toEqual([run_id]);
    expect(await available(snapshot.tenant_id)).toBe("60000");
  });

  test("a run that Postgres had and has no more is over: sync keeps nothing of it, however young", async () => {
    const snapshot = await loaded();
    const ran = request(snapshot.tenant_id);
    await admit(shield.redis, ran);
    const meanwhile = { available_micros: micros(80_000), open_runs: [{ run_id: ran.run_id, micros: "20000" }] };
    // The snapshot was taken before the run was closed, and arrives after its settle.
    await settle(shield.redis, { tenant_id: snapshot.tenant_id, run_id: ran.run_id, charged: micros(0) });
    await load({ ...snapshot, ...meanwhile });
    expect(await load(snapshot)).toMatchObject({ kept: 0 });
    expect(await available(snapshot.tenant_id)).toBe("100000");
    // Its settle is lost.
    const again = request(snapshot.tenant_id);
    await admit(shield.redis, again);
    await load({ ...snapshot, ...meanwhile, open_runs: [{ run_id: again.run_id, micros: "20000" }] });
    expect(await load(snapshot)).toMatchObject({ kept: 0 });
    expect(await available(snapshot.tenant_id)).toBe("100000");
  });

  test("of two syncs that cross, the one without a run drops nothing that the other had after its clock was read", async () => {
    const snapshot = await loaded();
    const keys = tenantKeys(snapshot.tenant_id);
    const run_id = id();
    const [first, second] = [await readClock(shield.redis), await readClock(shield.redis)];
    // The second snapshot was taken before the run's insert, the first one after it.
    const having = { ...snapshot, available_micros: micros(60_000), open_runs: [{ run_id, micros: "40000" }] };
    await sync(shield.redis, having, { clock_read: first, grace_seconds: GRACE });
    expect(await shield.raw.hget(keys.open, run_id)).toMatch(/^40000:s\d{16}$/);
    expect(await sync(shield.redis, snapshot, { clock_read: second, grace_seconds: GRACE })).toEqual({
      kind: "synced",
      drift_micros: 0,
      kept: 1,
    });
    expect(await shield.raw.hkeys(keys.open)).toEqual([run_id]);
    expect(await available(snapshot.tenant_id)).toBe("60000");
    expect(await load(snapshot)).toMatchObject({ kept: 0 });
    expect(await shield.raw.hlen(keys.open)).toBe(0);
  });

  test("an entry of an earlier form is read: without a time, it is dropped by a snapshot without it", async () => {
    const snapshot = await loaded();
    const keys = tenantKeys(snapshot.tenant_id);
    const [eternal, young, settled] = [id(), id(), id()];
    const now = Date.now() * 1000;
    await shield.raw.hset(keys.open, eternal, "7000:", young, `5000:${now - 1_000_000}`, settled, "9000:");
    await shield.raw.hset(keys.open, id(), `3000:s${now + 3_600_000_000}`, id(), "nonsense");
    await settle(shield.redis, { tenant_id: snapshot.tenant_id, run_id: settled, charged: micros(9_000) });
    expect(await load(snapshot)).toMatchObject({ kept: 1 });
    expect(await shield.raw.hkeys(keys.open)).toEqual([young]);
    expect(await available(snapshot.tenant_id)).toBe("95000");
  });

  test("a snapshot that is older than the mirrored one changes nothing", async () => {
    const snapshot = snapshotOf();
    const clock_read = String(BigInt(await readClock(shield.redis)) - 1n);
    await load(snapshot);
    const old = { ...snapshot, available_micros: micros(1) };
    expect(await sync(shield.redis, old, { clock_read, grace_seconds: GRACE })).toEqual({ kind: "stale" });
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
    expect(await shield.raw.hget(tenantKeys(snapshot.tenant_id).plan, "pack_types")).toBe(",decision,url,");
  });

  test("a server that forgot its scripts runs them all the same", async () => {
    const { tenant_id } = await loaded();
    await shield.raw.script("FLUSH");
    expect(await kind(request(tenant_id))).toBe("RESERVED");
  });
});
