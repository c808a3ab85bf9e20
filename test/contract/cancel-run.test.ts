import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { Outage } from "#core/domain/outage.ts";
import { REASONS } from "#core/domain/run.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { findRun } from "#core/store/runs/find-run.ts";
import { requeueUncounted } from "#core/store/runs/requeue-uncounted.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { runTransfers } from "#core/store/ledger/run-transfers.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { claimed, complete, fail, freeze, leased, queued, type Work } from "./support/close-work.ts";
import { holding } from "./support/holding.ts";
import type { Account } from "../dev/add-tenant.ts";
import { balanceOf, createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const cancel = (work: Work, by: Account = work.account) => cancelRun(world.edge, by.key_sha256, work.run_id);
const kinds = async (work: Work) =>
  Object.fromEntries(
    (await runTransfers(world.owner, work.run_id)).map(({ kind, amount_micros }) => [kind, amount_micros]),
  );
const passRetention = (work: Work) =>
  world.owner.query("UPDATE runs SET retention_until = wall_clock() - interval '1 s' WHERE run_id = $1", [work.run_id]);

const whileLocked = (work: Work, then: () => Promise<void>) =>
  holding(world.ownerUrl, { sql: "SELECT FROM runs WHERE run_id = $1 FOR UPDATE", values: [work.run_id] }, then);

describe("cancel_run", () => {
  it("ends a queued run at once and for nothing", async () => {
    const account = await world.account({ funds: 50_000 });
    const work = await queued(world, account);
    expect(await cancel(work)).toMatchObject({
      outcome: "canceled",
      run: {
        run_id: work.run_id,
        tenant_id: account.tenant_id,
        status: "CANCELED",
        money_state: "REFUNDED",
        charged_micros: 0,
        reason_code: "CANCELED",
        reason_detail: REASONS.CANCELED,
        version: 2,
        expired: false,
      },
    });
    expect(await kinds(work)).toEqual({ RESERVE: 10_000, REFUND: 10_000 });
    expect(await balanceOf(world, account)).toMatchObject({ reserved: 0, available: 50_000, open_runs: 0 });
  });

  it("ends a run at work for the minimum fee, and its worker can neither beat, finalize nor close it", async () => {
    const account = await world.account({ funds: 50_000 });
    const work = await leased(world, account);
    expect(await cancel(work)).toMatchObject({
      outcome: "canceled",
      run: { status: "CANCELED", money_state: "SETTLED", charged_micros: 5_000, reason_code: "CANCELED" },
    });
    expect(await kinds(work)).toEqual({ RESERVE: 10_000, CHARGE: 5_000, REFUND: 5_000 });
    expect(await extendLease(world.backend, work, { lease_seconds: 120, grace_seconds: 30 })).toBe("lost");
    expect(await beginFinalize(createClaimBatch(world.backend), work, randomUUID())).toBe("lost");
    expect(await requeueUncounted(world.backend, work)).toBe("kept");
    expect(await fail(world, work, 5_000)).toBeUndefined();
    expect(await balanceOf(world, account)).toMatchObject({ charged: 5_000, reserved: 0, open_runs: 0 });
  });

  it("asks a claimed run to stop, once, and lets a receipt win", async () => {
    const work = await claimed(world, await world.account());
    const asked = await cancel(work);
    expect(asked).toMatchObject({
      outcome: "requested",
      run: { status: "PROCESSING", money_state: "RESERVED", charged_micros: null, version: 3 },
    });
    expect(await showRun(world.owner, work.run_id)).toMatchObject({
      cancel_requested: true,
      finalize_stage: "CLAIMED",
    });
    expect(await cancel(work)).toEqual(asked);
    expect(await complete(world, work, 7_000)).toMatchObject({ charged_micros: 7_000 });
    expect(await cancel(work)).toMatchObject({ outcome: "already-terminal", run: { status: "COMPLETED" } });
  });

  it("says of a canceled run what it was charged, however often it is asked, and changes nothing", async () => {
    const work = await leased(world, await world.account());
    const { outcome: _first, ...canceled } = await cancel(work);
    for (let again = 0; again < 2; again++) {
      expect(await cancel(work)).toEqual({ outcome: "already-canceled", ...canceled });
    }
    expect(await kinds(work)).toEqual({ RESERVE: 10_000, CHARGE: 5_000, REFUND: 5_000 });
  });

  it("cancels nothing that has ended", async () => {
    const account = await world.account();
    const [completed, failed] = [await claimed(world, account), await leased(world, account)];
    await complete(world, completed, 7_000);
    await fail(world, failed, 5_000);
    for (const [work, status] of [
      [completed, "COMPLETED"],
      [failed, "FAILED"],
    ] as const) {
      const before = await showRun(world.owner, work.run_id);
      expect(await cancel(work)).toMatchObject({ outcome: "already-terminal", run: { status, expired: false } });
      expect(await showRun(world.owner, work.run_id)).toEqual(before);
    }
  });

  it("reads a canceled or completed run past its retention as expired", async () => {
    const account = await world.account();
    const [canceled, completed] = [await queued(world, account), await claimed(world, account)];
    await cancel(canceled);
    await complete(world, completed, 7_000);
    for (const work of [canceled, completed]) {
      await passRetention(work);
      expect(await cancel(work)).toMatchObject({ outcome: "already-terminal", run: { expired: true } });
    }
  });

  it("leaves a frozen run and its money to a person", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    await freeze(world, work);
    const before = await showRun(world.owner, work.run_id);
    expect(await cancel(work)).toMatchObject({
      outcome: "frozen",
      run: { status: "PROCESSING", money_state: "AUDIT_REQUIRED" },
    });
    expect(await showRun(world.owner, work.run_id)).toEqual(before);
    expect(await balanceOf(world, account)).toMatchObject({ reserved: 10_000, open_runs: 1 });
  });

  it("gives a capped key back what was not charged, whichever key of the tenant cancels", async () => {
    const account = await world.account({ key: { spending_cap: micros(10_000) } });
    const other = await world.key(account.tenant_id);
    expect(await cancel(await queued(world, account), other)).toMatchObject({ outcome: "canceled" });
    expect(await cancel(await leased(world, account), other)).toMatchObject({ outcome: "canceled" });
    expect(await world.submit(submission(account))).toMatchObject({ refused_by: "key", available_micros: 5_000 });
  });

  it("tells the run as find_run does", async () => {
    const account = await world.account();
    for (const work of [await queued(world, account), await leased(world, account), await claimed(world, account)]) {
      const answer = await cancel(work);
      const found = await findRun(world.edge, account.key_sha256, work.run_id);
      expect("run" in answer && answer.run).toEqual("run" in found && found.run);
    }
  });

  it("gives up on a run that another holds, with nothing done", async () => {
    const work = await queued(world, await world.account());
    await whileLocked(work, async () => {
      await expect(cancel(work)).rejects.toThrow(Outage);
    });
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ status: "QUEUED", version: 1 });
    expect(await cancel(work)).toMatchObject({ outcome: "canceled" });
  });
});

describe("cancel_run refuses", () => {
  it("another tenant's run as it refuses one that does not exist, and waits for no lock on it", async () => {
    const [owner, stranger] = [await world.account(), await world.account()];
    const work = await leased(world, owner);
    expect(await cancel({ ...work, run_id: randomUUID() }, stranger)).toEqual({ outcome: "absent" });
    await whileLocked(work, async () => {
      expect(await cancel(work, stranger)).toEqual({ outcome: "absent" });
    });
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ status: "PROCESSING", cancel_requested: false });
  });

  it("a key that is unknown, revoked, expired, of a suspended tenant or without the scope submit", async () => {
    const account = await world.account();
    const work = await queued(world, account);
    const [revoked, expired, reader] = [
      await world.key(account.tenant_id),
      await world.key(account.tenant_id, { expires_at: new Date(0) }),
      await world.key(account.tenant_id, { scopes: ["read", "admin"] }),
    ];
    await revokeKey(world.owner, revoked.key_id);
    expect(await cancel(work, { ...account, key_sha256: "ab".repeat(32) })).toEqual({ outcome: "unauthorized" });
    expect(await cancel(work, revoked)).toEqual({ outcome: "unauthorized" });
    expect(await cancel(work, expired)).toEqual({ outcome: "unauthorized" });
    expect(await cancel(work, reader)).toEqual({ outcome: "scope-missing" });
    const suspended = await world.account();
    const theirs = await queued(world, suspended);
    await world.owner.query("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", [suspended.tenant_id]);
    expect(await cancel(theirs)).toEqual({ outcome: "unauthorized" });
    for (const { run_id } of [work, theirs]) {
      expect(await showRun(world.owner, run_id)).toMatchObject({ status: "QUEUED", version: 1 });
    }
  });

  it("while the operator's switch is at halt, but not at read-only", async () => {
    const account = await world.account();
    const [first, second] = [await queued(world, account), await queued(world, account)];
    try {
      await setSwitch(world.owner, "halt");
      expect(await cancel(first)).toEqual({ outcome: "read-only" });
      expect(await showRun(world.owner, first.run_id)).toMatchObject({ status: "QUEUED" });
      await setSwitch(world.owner, "read-only");
      expect(await cancel(second)).toMatchObject({ outcome: "canceled" });
    } finally {
      await setSwitch(world.owner, "normal");
    }
  });
});
