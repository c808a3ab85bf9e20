import { afterAll, describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { setPlan } from "#core/store/plans/set-plan.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { settle } from "#core/store/redis/settle.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { setTenantStatus } from "#core/store/tenants/set-tenant-status.ts";
import { newSyncCursors, sweepSync } from "../../backend/reaper/sweeps/sync.ts";
import type { Account } from "../dev/add-tenant.ts";
import { silentLog } from "../support/silent-log.ts";
import { createMoneyWorld, submission } from "./support/money-world.ts";
import { GRACE, hex, request, shieldHarness } from "./support/shield-harness.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

const NEVER = new AbortController().signal;

/** One Postgres, and of each of two regions the shield and the reaper that keeps it. */
describe("two regions' shields", () => {
  const here = shieldHarness("js");
  const there = shieldHarness("js");
  type Shield = typeof here;
  const sync = ({ redis }: Shield, { tenant_id }: Account) =>
    syncTenant({ db: world.backend, redis }, { tenant_id }, GRACE);
  /** A reaper of its own, whose rotation has passed all tenants. */
  const reaper = ({ redis }: Shield) => {
    const cursors = { ...newSyncCursors(1_000), rounds: 1 };
    const settings = { moved_within_seconds: 600, grace_seconds: GRACE };
    return () => sweepSync({ db: world.backend, redis, metrics: NO_METRICS, log: silentLog }, settings, cursors, NEVER);
  };
  const mirror = async ({ raw }: Shield, { tenant_id }: Account) => ({
    available: await raw.hget(tenantKeys(tenant_id).budget, "available"),
    open: await raw.hlen(tenantKeys(tenant_id).open),
  });
  const admitted = async (shield: Shield, { tenant_id, key_sha256 }: Account) => {
    const run = submission({ key_sha256 });
    const { run_id, reserve } = run;
    expect(await shield.kind(request(tenant_id, { key_sha256, run_id, reserve, idempotency_sha256: hex() }))).toBe(
      "RESERVED",
    );
    return run;
  };

  test("a run that was settled at the other shield is given back by the next sync, however young", async () => {
    const account = await world.account();
    await sync(there, account);
    const run = await admitted(there, account);
    await world.submit(run);
    await cancelRun(world.edge, account.key_sha256, run.run_id);
    await settle(here.redis, { ...account, run_id: run.run_id, charged: micros(0) });
    expect(await mirror(there, account)).toEqual({ available: "990000", open: 1 });
    expect(await sync(there, account)).toMatchObject({ outcome: { drift_micros: 10_000, kept: 0 } });
    expect(await mirror(there, account)).toEqual({ available: "1000000", open: 0 });
  });

  test("a reservation of which Postgres does not know yet, or that is another tenant's run, is kept", async () => {
    const account = await world.account();
    const other = await world.account();
    await sync(there, account);
    await admitted(there, account);
    const foreign = submission(other);
    await world.submit(foreign);
    await cancelRun(world.edge, other.key_sha256, foreign.run_id);
    const { key_sha256, tenant_id } = account;
    await there.kind(request(tenant_id, { key_sha256, run_id: foreign.run_id, reserve: micros(5_000) }));
    expect(await sync(there, account)).toMatchObject({ outcome: { drift_micros: 0, kept: 2 } });
  });

  test("what one reaper synced, the other one syncs too", async () => {
    const account = await world.account();
    const reapers = [reaper(here), reaper(there)];
    for (const shield of [here, there]) await sync(shield, account);
    const run = submission(account);
    await world.submit(run);
    for (const sweep of reapers) await sweep();
    for (const shield of [here, there]) expect(await mirror(shield, account)).toEqual({ available: "990000", open: 1 });
    await cancelRun(world.edge, account.key_sha256, run.run_id);
    for (const sweep of reapers) await sweep();
    for (const shield of [here, there])
      expect(await mirror(shield, account)).toEqual({ available: "1000000", open: 0 });
  });

  test("a tenant that is suspended, resumed or given another plan is so at both, after one round of each reaper", async () => {
    const account = await world.account();
    const { tenant_id, key_sha256 } = account;
    const reapers = [reaper(here), reaper(there)];
    for (const shield of [here, there]) await sync(shield, account);
    await world.owner.query("DELETE FROM tenant_movements WHERE tenant_id = $1", [tenant_id]);
    const kinds = () =>
      Promise.all(
        [here, there].map(async ({ redis }) => (await authorize(redis, { tenant_id, key_sha256, scope: "read" })).kind),
      );
    for (const [status, kind] of [
      ["suspended", "UNAUTHORIZED"],
      ["active", "ALLOWED"],
    ] as const) {
      await setTenantStatus(world.owner, tenant_id, status);
      for (const sweep of reapers) await sweep();
      expect(await kinds()).toEqual([kind, kind]);
    }
    await world.owner.query("DELETE FROM tenant_movements WHERE tenant_id = $1", [tenant_id]);
    const plan = { submit_per_minute: 7, submit_burst: 7, read_per_minute: 7, read_burst: 7, max_open_runs: 77 };
    await definePlan(world.owner, `plan-${tenant_id}`, { ...plan, max_cost_micros: micros(7_000) }, ["decision"]);
    await setPlan(world.owner, tenant_id, `plan-${tenant_id}`);
    for (const sweep of reapers) await sweep();
    for (const { raw } of [here, there]) expect(await raw.hget(tenantKeys(tenant_id).plan, "max_open_runs")).toBe("77");
  });
});
