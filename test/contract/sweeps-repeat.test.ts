import { Redis as RawClient } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { Outage } from "#core/domain/outage.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { sweepSignals } from "../../backend/reaper/sweeps/signal.ts";
import { newSyncCursors, sweepSync } from "../../backend/reaper/sweeps/sync.ts";
import { type RunHarness, runHarness } from "./support/run-harness.ts";

const NEVER = new AbortController().signal;
const uuid = () => crypto.randomUUID();

describe("the reaper that repeats what was lost", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  test("signals a queued run again after a while that doubles, and not before", async () => {
    const run_id = await h.submit();
    const signals = () => h.queueCalls.sent.filter((body) => body.includes(run_id)).length;
    const age = (seconds: number) =>
      h.owner.query("UPDATE runs SET last_signal_at = now() - make_interval(secs => $2::int) WHERE run_id = $1", [
        run_id,
        seconds,
      ]);
    const sweep = () => sweepSignals(h.deps({}), 60, NEVER);
    await sweep();
    expect(signals()).toBe(0);
    await age(61);
    await sweep();
    expect(signals()).toBe(1);
    await age(61);
    await sweep();
    expect(signals()).toBe(1);
    await age(121);
    await sweep();
    expect(signals()).toBe(2);
  });

  test("makes the mirror say what Postgres says, wherever it had drifted", async () => {
    const raw = new RawClient(h.stack.redisUrl);
    const keys = tenantKeys(h.tenant.tenant_id);
    await syncTenant(h.deps({}), { tenant_id: h.tenant.tenant_id }, 0);
    await raw.hset(keys.budget, "available", "1");
    await raw.hset(keys.open, uuid(), "5000:1000");
    await sweepSync(h.deps({}), { moved_within_seconds: 60, grace_seconds: 0 }, newSyncCursors(), NEVER);
    const [balance] = await h.owner.query("SELECT available, open_runs FROM balances WHERE tenant_id = $1", [
      h.tenant.tenant_id,
    ]);
    expect(await raw.hget(keys.budget, "available")).toBe(balance?.["available"]);
    expect(await raw.hlen(keys.open)).toBe(balance?.["open_runs"]);
    raw.disconnect();
  });

  test("signals a backlog in tens, whatever the planner thinks of it, and counts what was sent alone", async () => {
    await h.owner.query("UPDATE runs SET last_signal_at = now()", []);
    const ids = await Promise.all(Array.from({ length: 25 }, () => h.submit({ reserve: 5_000 })));
    await h.owner.query("UPDATE runs SET last_signal_at = now() - interval '1 hour' WHERE run_id = ANY ($1)", [ids]);
    await h.owner.query("ANALYZE runs", []);
    const batches: number[] = [];
    const queue = {
      ...h.deps({}).queue,
      send: async (bodies: readonly string[]) => {
        batches.push(bodies.length);
        if (batches.length === 3) throw new Outage("sqs", new Error("down"));
      },
    };
    await expect(sweepSignals(h.deps({ queue }), 60, NEVER)).rejects.toThrow(Outage);
    expect(batches).toEqual([10, 10, 5]);
    const counts = await h.owner.query(
      "SELECT signal_count, count(*)::int AS runs FROM runs WHERE run_id = ANY ($1) GROUP BY 1 ORDER BY 1",
      [ids],
    );
    expect(counts).toEqual([
      { signal_count: 1, runs: 5 },
      { signal_count: 2, runs: 20 },
    ]);
  });

  test.each(["budget", "plan"] as const)(
    "syncs the tenants behind one whose %s in Redis is of no use",
    async (part) => {
      const raw = new RawClient(h.stack.redisUrl);
      const tenants = await Promise.all([h.newTenant(), h.newTenant(), h.newTenant()]);
      for (const { tenant_id } of tenants) {
        await syncTenant(h.deps({}), { tenant_id }, 0);
        await raw.hset(tenantKeys(tenant_id).budget, "available", "1");
      }
      for (const { tenant_id } of tenants.slice(0, 2)) await raw.set(tenantKeys(tenant_id)[part], "nonsense");
      await raw.hset(tenantKeys(tenants[2]?.tenant_id ?? "").budget, "synced_at", "NaN?");
      await sweepSync(h.deps({}), { moved_within_seconds: 3600, grace_seconds: 0 }, newSyncCursors(), NEVER);
      for (const { tenant_id } of tenants) {
        expect(await raw.hget(tenantKeys(tenant_id).budget, "available")).toBe("100000000");
        expect(await raw.hget(tenantKeys(tenant_id).plan, "pack_types")).toBe(`,${[...catalog.keys()].join(",")},`);
      }
      raw.disconnect();
    },
  );
});
