import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { balanceOf, createMoneyWorld, type MoneyWorld, newRunId, submission } from "./support/money-world.ts";

let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(() => world.close());

describe("submit_run", () => {
  it("inserts a run and holds its money", async () => {
    const account = await world.account({ funds: 50_000 });
    const run = submission(account);
    expect(await world.submit(run)).toMatchObject({
      outcome: "inserted",
      run: {
        run_id: run.run_id,
        key_id: account.key_id,
        payload_sha256: run.payload_sha256,
        status: "QUEUED",
        reserved_micros: 10_000,
        minimum_fee_micros: 5_000,
      },
    });
    expect(await balanceOf(world, account)).toEqual({
      granted: 50_000,
      charged: 0,
      reserved: 10_000,
      available: 40_000,
      open_runs: 1,
    });
    const [transfer, ...others] = await world.owner.query("SELECT * FROM ledger_transfers WHERE run_id = $1", [
      run.run_id,
    ]);
    expect(transfer).toMatchObject({ kind: "RESERVE", debit: "available", credit: "reserved", amount_micros: "10000" });
    expect(others).toEqual([]);
  });

  it("answers the existing run to the same key and payload, whatever run id comes with it", async () => {
    const account = await world.account();
    const run = submission(account);
    await world.submit(run);
    expect(await world.submit({ ...run, run_id: newRunId() })).toMatchObject({
      outcome: "existing",
      run: { run_id: run.run_id },
    });
    expect(await world.submit(run, { mode: "dry-run" })).toMatchObject({
      outcome: "existing",
      run: { run_id: run.run_id },
    });
  });

  it("answers a conflict, and nothing of the run, to the same key with another payload", async () => {
    const account = await world.account();
    const run = submission(account);
    await world.submit(run);
    const other = { ...run, run_id: newRunId(), payload_sha256: "cd".repeat(32) };
    expect(await world.submit(other)).toEqual({ outcome: "conflict" });
    expect(await world.submit(other, { mode: "dry-run" })).toEqual({ outcome: "conflict" });
  });

  it("keeps idempotency keys of different tenants apart", async () => {
    const [one, two] = [await world.account(), await world.account()];
    const run = submission(one, { idempotency_key: "the same key" });
    expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
    expect(await world.submit(submission(two, { idempotency_key: "the same key" }))).toMatchObject({
      outcome: "inserted",
    });
  });

  it("only looks when asked to look, and binds nothing", async () => {
    const account = await world.account();
    const run = submission(account);
    expect(await world.submit(run, { mode: "dry-run" })).toEqual({ outcome: "absent" });
    expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
  });

  it("refuses a run id that is taken, by the same tenant or another", async () => {
    const [one, two] = [await world.account(), await world.account()];
    const run = submission(one);
    await world.submit(run);
    expect(await world.submit(submission(one, { run_id: run.run_id }))).toEqual({ outcome: "run-id-taken" });
    expect(await world.submit(submission(two, { run_id: run.run_id }))).toEqual({ outcome: "run-id-taken" });
    expect(await balanceOf(world, two)).toMatchObject({ reserved: 0, open_runs: 0 });
  });

  it("refuses what comes after its deadline", async () => {
    const account = await world.account();
    expect(await world.submit(submission(account), { deadline_ms: Date.now() - 1 })).toEqual({ outcome: "late" });
    expect(await balanceOf(world, account)).toMatchObject({ open_runs: 0 });
  });
});

describe("submit_run refuses the caller", () => {
  it("whose key is unknown", async () => {
    const account = await world.account();
    expect(await world.submit(submission(account, { key_sha256: "00".repeat(32) }))).toEqual({
      outcome: "unauthorized",
    });
  });

  it.each([
    ["whose key is revoked", "UPDATE api_keys SET status = 'revoked' WHERE tenant_id = $1"],
    ["whose key has expired", "UPDATE api_keys SET expires_at = now() - interval '1 ms' WHERE tenant_id = $1"],
    ["whose tenant is suspended", "UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1"],
  ])("%s, even for a run that exists", async (_, sql) => {
    const account = await world.account();
    const run = submission(account);
    await world.submit(run);
    await world.owner.query(sql, [account.tenant_id]);
    expect(await world.submit(run)).toEqual({ outcome: "unauthorized" });
    expect(await world.submit(submission(account))).toEqual({ outcome: "unauthorized" });
  });

  it("whose key may not submit", async () => {
    const account = await world.account({ key: { scopes: ["read"] } });
    expect(await world.submit(submission(account))).toEqual({ outcome: "scope-missing" });
  });

  it("whose plan lacks the pack, or who has no plan", async () => {
    const account = await world.account({ plan: { pack_types: ["url"] } });
    expect(await world.submit(submission(account))).toEqual({ outcome: "pack-not-in-plan" });
    expect(await world.submit(submission(await world.account({ plan: null })))).toEqual({
      outcome: "pack-not-in-plan",
    });
  });

  it("whose run may cost more than the plan allows", async () => {
    const account = await world.account({ plan: { max_cost_micros: micros(9_999) } });
    expect(await world.submit(submission(account))).toEqual({ outcome: "cost-over-plan-limit" });
    expect(await world.submit(submission(account, { reserve: micros(9_999) }))).toMatchObject({ outcome: "inserted" });
  });

  it("while the switch is not normal; a run that exists is still found when it says read-only", async () => {
    const account = await world.account();
    const run = submission(account);
    await world.submit(run);
    try {
      await setSwitch(world.owner, "read-only");
      expect(await world.submit(submission(account))).toEqual({ outcome: "read-only" });
      expect(await world.submit(run)).toMatchObject({ outcome: "existing" });
      await setSwitch(world.owner, "halt");
      expect(await world.submit(run)).toEqual({ outcome: "read-only" });
    } finally {
      await setSwitch(world.owner, "normal");
    }
  });

  it("without money, saying how much there is, and takes the same key after a grant", async () => {
    const account = await world.account({ funds: 9_999 });
    const run = submission(account);
    expect(await world.submit(run)).toEqual({ outcome: "insufficient", available_micros: 9_999, refused_by: "tenant" });
    await grantCredit(world.owner, { tenant_id: account.tenant_id, grant_id: randomUUID(), amount: micros(1) });
    expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
  });

  it("whose key has spent its cap, though the tenant has money; another key of the tenant is unharmed", async () => {
    const account = await world.account({ key: { spending_cap: micros(15_000) } });
    expect(await world.submit(submission(account))).toMatchObject({ outcome: "inserted" });
    expect(await world.submit(submission(account))).toEqual({
      outcome: "insufficient",
      available_micros: 5_000,
      refused_by: "key",
    });
    const other = await world.key(account.tenant_id);
    expect(await world.submit(submission(other))).toMatchObject({ outcome: "inserted" });
  });

  it("whose key has a cap of nothing", async () => {
    const account = await world.account({ key: { spending_cap: micros(0) } });
    expect(await world.submit(submission(account))).toEqual({
      outcome: "insufficient",
      available_micros: 0,
      refused_by: "key",
    });
  });
});
