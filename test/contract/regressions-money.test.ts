import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatUsd, micros } from "#core/domain/money.ts";
import { findBudget } from "#core/store/ledger/find-budget.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { listFindings } from "#core/store/audit/list-findings.ts";
import { grantOnce } from "../../backend/cli/operations/grant-credit.ts";
import type { Operator } from "../../backend/cli/operator.ts";
import { sweepAudit } from "../../backend/reaper/sweeps/audit.ts";
import { dying } from "./support/faults.ts";
import type { Account } from "../dev/add-tenant.ts";
import { COST, createPaidWorld, type PaidWorld } from "./support/paid-world.ts";
import { recorder } from "./support/recorder.ts";

// What systems of this kind do wrong with the money itself.

let world: PaidWorld;
beforeAll(async () => {
  world = await createPaidWorld();
});
afterEach(async () => {
  expect(await world.money.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const HELD = 100_000;
const FUNDS = 1_000_000;
const DAY_SECONDS = 86_400;

const grant = ({ tenant_id }: Account, amount: number, grant_id: string) => {
  const { redis, clock, random } = world;
  const warn = () => undefined;
  const operator: Operator = { db: world.money.owner, redis, sync_grace_seconds: 90, clock, random, warn };
  return grantOnce(operator, { tenant_id, grant_id, amount: micros(amount) });
};

test("a backlog that waits for longer than anything lives in Redis or in a queue destroys no money", async () => {
  const account = await world.account({ funds: FUNDS });
  const runs = await Promise.all([1, 2, 3, 4, 5].map(() => world.accepted(account)));
  await world.clock.advance(40 * DAY_SECONDS);
  await world.forgetInRedis(account);
  world.queue.purge();
  await world.sync();
  const waiting = { available: FUNDS - 5 * HELD, open_runs: 5 };
  expect(await world.balance(account)).toMatchObject({ ...waiting, reserved: 5 * HELD });
  expect(await world.mirror(account)).toEqual(waiting);
  await world.goOn();
  for (const run_id of runs) {
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  }
  const paid = { available: FUNDS - 5 * COST, open_runs: 0 };
  expect(await world.balance(account)).toMatchObject({ ...paid, charged: 5 * COST, reserved: 0 });
  expect(await world.mirror(account)).toEqual(paid);
});

describe("a top-up", () => {
  test("adds to what is there, and does not set it", async () => {
    const account = await world.account({ funds: FUNDS });
    const run_id = await world.accepted(account);
    await world.work(run_id);
    await world.accepted(account);
    await grant(account, 300_000, randomUUID());
    await grant(account, 300_000, randomUUID());
    const sum = FUNDS + 600_000;
    expect(await world.balance(account)).toEqual({
      granted: sum,
      charged: COST,
      reserved: HELD,
      available: sum - COST - HELD,
      open_runs: 1,
    });
    expect(await world.mirror(account)).toEqual({ available: sum - COST - HELD, open_runs: 1 });
  });

  test("of one payment is credited once, however often and at once it is told", async () => {
    const account = await world.account({ funds: FUNDS });
    const payment = `payment-${randomUUID()}`;
    const reports = await Promise.all(Array.from({ length: 12 }, () => grant(account, 300_000, payment)));
    await grant(account, 300_000, payment);
    const first = reports.filter(({ json }) => !(json as { already_granted: boolean }).already_granted);
    expect(first).toHaveLength(1);
    expect(await world.balance(account)).toMatchObject({ granted: FUNDS + 300_000, available: FUNDS + 300_000 });
    expect((await world.mirror(account)).available).toBe(FUNDS + 300_000);
  });

  test("of one payment is credited to one account alone, and never with another amount", async () => {
    const [account, other] = [await world.account({ funds: FUNDS }), await world.account({ funds: FUNDS })];
    const payment = `payment-${randomUUID()}`;
    await grant(account, 300_000, payment);
    await expect(grant(other, 300_000, payment)).rejects.toThrow("nothing was granted");
    await expect(grant(account, 400_000, payment)).rejects.toThrow("nothing was granted");
    expect(await world.balance(account)).toMatchObject({ granted: FUNDS + 300_000 });
    expect(await world.balance(other)).toMatchObject({ granted: FUNDS });
  });
});

test.each(["before", "after"] as const)("usage is not lost when a worker dies just %s the commit", async (when) => {
  const account = await world.account({ funds: FUNDS });
  const run_id = await world.accepted(account);
  const usage = async () => {
    const sql = "SELECT runs, completed, reserved_micros, charged_micros FROM usage_daily WHERE tenant_id = $1";
    return await world.money.owner.query(sql, [account.tenant_id]);
  };
  const whole = [{ runs: "1", completed: "1", reserved_micros: String(HELD), charged_micros: String(COST) }];
  const death = dying("complete-runs", when);
  void world.work(run_id, { through: death.through });
  await death.died;
  expect(await usage()).toEqual(when === "after" ? whole : []);
  await world.goOn();
  expect(await usage()).toEqual(whole);
});

test("a balance above 10^14 micros keeps every digit through Redis, Postgres and a receipt", async () => {
  const funds = 234_567_890_123_457;
  const held = 999_999_999_999;
  const account = await world.account({ funds, plan: { max_cost_micros: micros(1_000_000_000_000) } });
  const budget = tenantKeys(account.tenant_id).budget;
  const run_id = await world.accepted(account, { reserve: held });
  const second = await world.accepted(account, { reserve: held });
  expect(await world.raw.hget(budget, "available")).toBe("232567890123459");
  await world.work(run_id);
  expect(await world.raw.hget(budget, "available")).toBe("233567890116458");
  expect(await world.transfers(run_id)).toEqual({ RESERVE: held, CHARGE: COST, REFUND: held - COST });
  await world.sync();
  expect(await world.raw.hget(budget, "available")).toBe("233567890116458");
  expect(await world.raw.hget(tenantKeys(account.tenant_id).open, second)).toMatch(/^999999999999:/);
  const found = await findBudget(world.money.edge, account.key_sha256);
  if (found.kind !== "found") throw new Error(found.kind);
  expect(formatUsd(found.budget.available)).toBe("233567890.116458");
  expect(await world.balance(account)).toMatchObject({
    granted: funds,
    available: 233_567_890_116_458,
    reserved: held,
  });
});

test("two tenants whose errors cancel out are both found, each by its own sum", async () => {
  const [rich, poor, right] = [
    await world.account({ funds: FUNDS }),
    await world.account({ funds: FUNDS }),
    await world.account({ funds: FUNDS }),
  ];
  const shift = ({ tenant_id }: Account, amount: number) =>
    world.money.owner.query(
      "UPDATE balances SET available = available + $2::bigint, granted = granted + $2::bigint WHERE tenant_id = $1",
      [tenant_id, amount],
    );
  const kinds = async ({ tenant_id }: Account) =>
    (await listFindings(world.money.owner, tenant_id)).map(({ kind }) => kind);
  await shift(rich, 1_000);
  await shift(poor, -1_000);
  const heard = recorder();
  const turn = { tenant_after: undefined, run_after: undefined };
  await sweepAudit({ db: world.money.backend, ...heard }, turn, new AbortController().signal);
  const found = [await kinds(rich), await kinds(poor), await kinds(right)];
  expect(found[0]).not.toEqual([]);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual([]);
  expect(heard.criticals()).toHaveLength((found[0]?.length ?? 0) * 2);
  await shift(rich, -1_000);
  await shift(poor, 1_000);
});
