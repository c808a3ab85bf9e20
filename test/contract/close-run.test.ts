import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { fn } from "#core/store/fn.ts";
import { runTransfers } from "#core/store/ledger/run-transfers.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { cancelQueued, claimed, complete, fail, FAILING, freeze, leased, queued } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(() => world.close());

/** All that a close may change, for a comparison before and after one that must change nothing. */
const everything = (account: Account) =>
  world.owner.query(
    `SELECT (SELECT jsonb_agg(to_jsonb(r) ORDER BY run_id) FROM runs r WHERE tenant_id = b.tenant_id) AS runs, to_jsonb(b) AS balance,
       (SELECT jsonb_agg(to_jsonb(l) ORDER BY transfer_id) FROM ledger_transfers l WHERE tenant_id = b.tenant_id) AS ledger,
       (SELECT jsonb_agg(to_jsonb(o) ORDER BY event_id) FROM outbox_events o WHERE tenant_id = b.tenant_id) AS outbox,
       (SELECT jsonb_agg(to_jsonb(u)) FROM usage_daily u WHERE tenant_id = b.tenant_id) AS usage
       FROM balances b WHERE tenant_id = $1`,
    [account.tenant_id],
  );

describe("close_run", () => {
  it("completes a claimed run: charge, refund, usage, event and balance at once", async () => {
    const account = await world.account({ funds: 50_000 });
    const work = await claimed(world, account);
    expect(await complete(world, work, 7_000)).toEqual({
      run_id: work.run_id,
      tenant_id: account.tenant_id,
      reserved_micros: 10_000,
      charged_micros: 7_000,
    });
    expect(await showRun(world.owner, work.run_id)).toMatchObject({
      status: "COMPLETED",
      finalize_stage: "COMMITTED",
      money_state: "SETTLED",
      charged_micros: 7_000,
      version: 3,
      result_attempt: 1,
      result_sha256: "ef".repeat(32),
      result_bytes: 123,
      reliability: 0.9,
      lease_expires_at: null,
    });
    expect(await runTransfers(world.owner, work.run_id)).toMatchObject([
      { kind: "RESERVE", debit: "available", credit: "reserved", amount_micros: 10_000 },
      { kind: "CHARGE", debit: "reserved", credit: "revenue", amount_micros: 7_000 },
      { kind: "REFUND", debit: "reserved", credit: "available", amount_micros: 3_000 },
    ]);
    expect(await tenantBalance(world.owner, account.tenant_id)).toMatchObject({
      granted: 50_000,
      charged: 7_000,
      reserved: 0,
      available: 43_000,
      open_runs: 0,
    });
    const [after] = await everything(account);
    expect(after?.["usage"]).toMatchObject([
      { runs: 1, completed: 1, failed: 0, canceled: 0, reserved_micros: 10_000, charged_micros: 7_000 },
    ]);
    expect(after?.["outbox"]).toMatchObject([
      { type: "run.completed", payload: { run_id: work.run_id, charged_micros: 7_000 } },
    ]);
  });

  it("writes no refund when all of it is charged, and no charge when nothing is", async () => {
    const account = await world.account();
    const [dear, free] = [await claimed(world, account), await leased(world, account)];
    await complete(world, dear, 10_000);
    await fail(world, free, 0);
    expect((await runTransfers(world.owner, dear.run_id)).map(({ kind }) => kind)).toEqual(["RESERVE", "CHARGE"]);
    expect((await runTransfers(world.owner, free.run_id)).map(({ kind }) => kind)).toEqual(["RESERVE", "REFUND"]);
    expect(await showRun(world.owner, free.run_id)).toMatchObject({
      status: "FAILED",
      money_state: "REFUNDED",
      charged_micros: 0,
    });
  });

  it("fails a leased run for a fee", async () => {
    const work = await leased(world, await world.account());
    expect(await fail(world, work, 5_000)).toMatchObject({ charged_micros: 5_000 });
    expect(await showRun(world.owner, work.run_id)).toMatchObject({
      status: "FAILED",
      finalize_stage: null,
      money_state: "SETTLED",
      reason_code: "LEASE_EXPIRED",
      reason_detail: "lost",
    });
  });

  it("cancels a queued run for nothing, by its version", async () => {
    const work = await queued(world, await world.account());
    expect(await cancelQueued(world, work, 2)).toEqual([]);
    expect(await cancelQueued(world, work, 1)).toMatchObject([{ run_id: work.run_id, charged_micros: "0" }]);
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ status: "CANCELED", money_state: "REFUNDED" });
  });

  it("gives a capped key back what was not charged", async () => {
    const account = await world.account({ key: { spending_cap: micros(10_000) } });
    await complete(world, await claimed(world, account), 4_000);
    expect(await world.submit(submission(account))).toMatchObject({
      outcome: "insufficient",
      refused_by: "key",
      available_micros: 6_000,
    });
    await queued(world, account, 6_000);
  });
});

describe("close_run loses, with zero rows and nothing changed,", () => {
  it("the second time", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    await complete(world, work, 7_000);
    const before = await everything(account);
    expect(await complete(world, work, 7_000)).toBeUndefined();
    expect(await complete(world, work, 1_000)).toBeUndefined();
    expect(await fail(world, work, 5_000)).toBeUndefined();
    expect(await everything(account)).toEqual(before);
  });

  it("with another token, at another stage or in another status", async () => {
    const account = await world.account();
    const [waiting, running, finishing] = [
      await queued(world, account),
      await leased(world, account),
      await claimed(world, account),
    ];
    const before = await everything(account);
    expect(await complete(world, finishing, 7_000, randomUUID())).toBeUndefined();
    expect(await complete(world, finishing, 7_000, finishing.lease_token)).toBeUndefined();
    expect(await fail(world, finishing, 5_000)).toBeUndefined();
    expect(await complete(world, running, 7_000)).toBeUndefined();
    expect(await fail(world, running, 5_000, { stage: "leased", lease_token: randomUUID() })).toBeUndefined();
    expect(await fail(world, waiting, 5_000)).toBeUndefined();
    expect(await cancelQueued(world, running, 2)).toEqual([]);
    expect(await complete(world, { ...running, run_id: randomUUID() }, 7_000)).toBeUndefined();
    expect(await everything(account)).toEqual(before);
  });

  it("on a frozen run, whose money stays held", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    await freeze(world, work);
    expect(await complete(world, work, 7_000)).toBeUndefined();
    expect(await tenantBalance(world.owner, account.tenant_id)).toMatchObject({ reserved: 10_000, open_runs: 1 });
  });

  it("to all but one of 16 that close at once", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => complete(world, work, 1_000 * (index % 8))),
    );
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
  });
});

describe("close_run raises and rolls everything back", () => {
  it.each([
    ["a charge above the reservation", "10001", "23514"],
    ["a negative charge", "-1", "23514"],
    ["no charge at all", null, "23502"],
  ])("on %s", async (_, charge, code) => {
    const account = await world.account();
    const work = await leased(world, account);
    const before = await everything(account);
    const values = { ...FAILING, run_id: work.run_id, token: work.lease_token, charge_micros: charge };
    await expect(fn(world.backend, "close_run", values)).rejects.toMatchObject({ code });
    expect(await everything(account)).toEqual(before);
  });

  it("on a completion without a result, and on a status that is no end", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    const before = await everything(account);
    for (const status of ["COMPLETED", "QUEUED", "PROCESSING", "EXPIRED", null]) {
      const guard = { run_id: work.run_id, from_stage: "CLAIMED", token: work.finalize_token };
      const values = { ...FAILING, ...guard, to_status: status, charge_micros: "7000", result_attempt: 1 };
      const code = status === "COMPLETED" ? "23514" : "22023";
      await expect(fn(world.backend, "close_run", values), status ?? "null").rejects.toMatchObject({ code });
    }
    expect(await everything(account)).toEqual(before);
  });

  it("when the balance is not there", async () => {
    const account = await world.account();
    const work = await leased(world, account);
    const [held] = await world.owner.query(
      "DELETE FROM balances WHERE tenant_id = $1 RETURNING to_jsonb(balances)::text AS row",
      [account.tenant_id],
    );
    await expect(fail(world, work, 5_000)).rejects.toThrow("no balance");
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ status: "PROCESSING", money_state: "RESERVED" });
    await world.owner.query("INSERT INTO balances SELECT * FROM jsonb_populate_record(NULL::balances, $1::jsonb)", [
      String(held?.["row"]),
    ]);
  });
});
