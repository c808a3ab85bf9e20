import { eventually } from "../support/eventually.ts";
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { both, dying, losing } from "./support/faults.ts";
import { holding } from "./support/holding.ts";
import type { Account } from "../dev/add-tenant.ts";
import { COST, createPaidWorld, type PaidWorld } from "./support/paid-world.ts";

// What systems of this kind do wrong between a caller's request and a queued run.

let world: PaidWorld;
beforeAll(async () => {
  world = await createPaidWorld();
});
afterEach(async () => {
  world.queue.purge();
  expect(await world.money.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const FUNDS = 1_000_000;
const HELD = 100_000;
const newKey = () => `key-${randomUUID()}`;
/** Once nothing is left to do, Redis says of a tenant what Postgres says. */
const settled = { charged: COST, reserved: 0, available: FUNDS - COST, open_runs: 0 };
const settledMirror = { available: FUNDS - COST, open_runs: 0 };

describe("a submit", () => {
  test("whose edge dies after the insert is not queued for ever: it is signalled, done and paid", async () => {
    const account = await world.account({ funds: FUNDS });
    const idempotency_key = newKey();
    const death = dying("submit-run", "after");
    void world.submit(account, { idempotency_key, through: death.through });
    await death.died;
    expect(world.queue.all()).toEqual([]);
    await world.goOn();
    const { response, run_id } = await world.submit(account, { idempotency_key });
    expect(response).toBe("202");
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.balance(account)).toMatchObject(settled);
    expect(await world.mirror(account)).toEqual(settledMirror);
  });

  test("whose edge dies between the reservation in Redis and the insert holds no money once the grace has passed", async () => {
    const account = await world.account({ funds: FUNDS });
    const idempotency_key = newKey();
    const death = dying("admit", "after");
    await world.accepted(account);
    void world.submit(account, { idempotency_key, through: death.through });
    await death.died;
    expect(await world.mirror(account)).toEqual({ available: FUNDS - 2 * HELD, open_runs: 2 });
    await world.goOn();
    expect(await world.mirror(account)).toEqual(settledMirror);
    const run_id = await world.accepted(account, { idempotency_key });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  });

  test("whose reservation's reply is lost is not given back while it is held: the same key gets the same run", async () => {
    const account = await world.account({ funds: FUNDS });
    const idempotency_key = newKey();
    const lost = await world.submit(account, { idempotency_key, through: losing("submit-run", "after") });
    expect(lost.response).toBe("503 unavailable");
    expect(await world.balance(account)).toMatchObject({ reserved: HELD, available: FUNDS - HELD, open_runs: 1 });
    expect(await world.mirror(account)).toEqual({ available: FUNDS - HELD, open_runs: 1 });
    const run_id = await world.accepted(account, { idempotency_key });
    expect(await world.balance(account)).toMatchObject({ reserved: HELD, available: FUNDS - HELD, open_runs: 1 });
    expect(await world.transfers(run_id)).toEqual({ RESERVE: HELD });
    await world.goOn();
    expect(await world.transfers(run_id)).toEqual({ RESERVE: HELD, CHARGE: COST, REFUND: HELD - COST });
    expect(await world.mirror(account)).toEqual(settledMirror);
  });

  test("whose reservation never arrived is refused as unknown, and the same key makes its one run later", async () => {
    const account = await world.account({ funds: FUNDS });
    const idempotency_key = newKey();
    const lost = await world.submit(account, { idempotency_key, through: losing("submit-run", "before") });
    expect(lost.response).toBe("503 unavailable");
    expect(await world.balance(account)).toMatchObject({ reserved: 0, available: FUNDS });
    await world.accepted(account, { idempotency_key });
    await world.goOn();
    expect(await world.balance(account)).toMatchObject(settled);
    expect(await world.mirror(account)).toEqual(settledMirror);
  });

  test("whose reply from Redis is lost is decided by Postgres, once", async () => {
    const account = await world.account({ funds: FUNDS });
    const run_id = await world.accepted(account, { through: losing("admit", "after") });
    expect(await world.balance(account)).toMatchObject({ reserved: HELD, open_runs: 1 });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.mirror(account)).toEqual(settledMirror);
  });

  test("that can be neither enqueued nor undone holds its money in sight, and is done all the same", async () => {
    const account = await world.account({ funds: FUNDS });
    const through = both(losing("signals.send", "before", 99), losing("release", "before", 99));
    const run_id = await world.accepted(account, { through });
    expect(world.queue.all()).toEqual([]);
    expect(await world.balance(account)).toMatchObject({ reserved: HELD, available: FUNDS - HELD, open_runs: 1 });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.balance(account)).toMatchObject(settled);
  });

  test("that Postgres refuses and that cannot be undone in Redis holds nothing there for long", async () => {
    const account = await world.account({ funds: HELD - 1 });
    await world.submit(account, { reserve: 5_000, through: losing("submit-run", "before") });
    await world.sync();
    await world.raw.hset(tenantKeys(account.tenant_id).budget, "available", String(10 * HELD));
    const through = both(losing("release", "before", 99), losing("read-clock", "before", 99));
    expect(await world.submit(account, { through })).toMatchObject({ response: "422 budget-exceeded" });
    expect(await world.mirror(account)).toEqual({ available: 9 * HELD, open_runs: 1 });
    await world.sync();
    expect(await world.mirror(account)).toEqual({ available: HELD - 1, open_runs: 0 });
    expect(await world.balance(account)).toMatchObject({ reserved: 0, available: HELD - 1, open_runs: 0 });
  });

  test("whose signal is delivered although its sending timed out is accepted, executed and charged once", async () => {
    const account = await world.account({ funds: FUNDS });
    const idempotency_key = newKey();
    const through = losing("signals.send", "after");
    const { response, run_id } = await world.submit(account, { idempotency_key, through });
    expect(response).toBe("202");
    await world.work(run_id);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.submit(account, { idempotency_key })).toEqual({ response: "202", run_id });
    await world.goOn();
    expect(await world.balance(account)).toMatchObject(settled);
  });
});

describe("an idempotency key", () => {
  test("that was refused is not poisoned: after a top-up the same key works", async () => {
    const account = await world.account({ funds: HELD - 1 });
    const idempotency_key = newKey();
    for (const _ of [1, 2]) {
      expect(await world.submit(account, { idempotency_key })).toMatchObject({ response: "422 budget-exceeded" });
    }
    await grantCredit(world.money.owner, { tenant_id: account.tenant_id, grant_id: newKey(), amount: micros(FUNDS) });
    await world.submit(account, { idempotency_key });
    const run_id = await world.accepted(account, { idempotency_key });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.balance(account)).toMatchObject({ charged: COST, reserved: 0, open_runs: 0 });
  });

  test("that arrives many times at once is one run for all of them, and no error for any", async () => {
    const account = await world.account({ funds: FUNDS });
    for (const through of [undefined, losing("admit", "before", 99)]) {
      const idempotency_key = newKey();
      const options = { idempotency_key, ...(through === undefined ? {} : { through }) };
      const answers = await Promise.all(Array.from({ length: 16 }, () => world.submit(account, options)));
      expect(new Set(answers.map(({ response }) => response))).toEqual(new Set(["202"]));
      expect(new Set(answers.map(({ run_id }) => run_id)).size).toBe(1);
    }
    expect(await world.balance(account)).toMatchObject({ reserved: 2 * HELD, open_runs: 2 });
  });
});

describe("the limit on open runs", () => {
  /** Whatever these are, all of them look at the balance before one of them may change it. */
  const together = async <T>({ tenant_id }: Account, least: number, work: () => Promise<T>): Promise<T> => {
    const sql = "SELECT FROM balances WHERE tenant_id = $1 FOR UPDATE";
    const { working } = await holding(world.money.ownerUrl, { sql, values: [tenant_id] }, async () => {
      const started = { working: work() };
      await eventually(async () => {
        const waiting = await world.money.owner.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          [],
        );
        expect(waiting.length).toBeGreaterThanOrEqual(least);
      });
      return started;
    });
    return working;
  };

  test.each([
    ["with", 3, undefined],
    ["without", 8, losing("admit", "before", 99)],
  ])("is kept %s Redis, and a run that ends makes room", async (_, least, through) => {
    const account = await world.account({ funds: 10 * FUNDS, plan: { max_open_runs: 3 } });
    const options = through === undefined ? {} : { through };
    const submit = () => world.submit(account, options);
    const answers = await together(account, least, () => Promise.all(Array.from({ length: 20 }, submit)));
    const accepted = answers.filter(({ response }) => response === "202");
    expect(accepted).toHaveLength(3);
    expect(new Set(answers.map(({ response }) => response))).toEqual(new Set(["202", "429 too-many-open-runs"]));
    expect(await world.balance(account)).toMatchObject({ open_runs: 3 });
    await world.work(accepted[0]?.run_id ?? "");
    expect(await submit()).toMatchObject({ response: "202" });
    expect(await submit()).toMatchObject({ response: "429 too-many-open-runs" });
  });
});
