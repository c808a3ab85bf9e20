import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { balanceOf, createMoneyWorld, type MoneyWorld, newRunId, outcomes, submission } from "./support/money-world.ts";

let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe("submit_run under concurrency", () => {
  it("makes one run of 32 callers with the same key and payload", async () => {
    const account = await world.account();
    const run = submission(account);
    const answers = await Promise.all(times(32, () => world.submit({ ...run, run_id: newRunId() })));
    expect(outcomes(answers)).toEqual({ inserted: 1, existing: 31 });
    expect(new Set(answers.map((answer) => "run_id" in answer && answer.run_id)).size).toBe(1);
    expect(await balanceOf(world, account)).toMatchObject({ reserved: 10_000, open_runs: 1 });
  });

  it("makes one run of 32 callers with the same key and different payloads", async () => {
    const account = await world.account();
    const run = submission(account);
    const payload = (index: number) => index.toString(16).padStart(64, "0");
    const answers = await Promise.all(
      times(32, (index) => world.submit({ ...run, run_id: newRunId(), payload_sha256: payload(index) })),
    );
    expect(outcomes(answers)).toEqual({ inserted: 1, conflict: 31 });
  });

  it("never denies the run of a key that arrives twice with the last of the money", async () => {
    for (const account of await Promise.all(times(10, () => world.account({ funds: 10_000 })))) {
      const run = submission(account);
      const answers = await Promise.all(times(8, () => world.submit({ ...run, run_id: newRunId() })));
      expect(outcomes(answers)).toEqual({ inserted: 1, existing: 7 });
    }
  });

  it("gives money for one run to one of 20 submits", async () => {
    const account = await world.account({ funds: 10_000 });
    const answers = await Promise.all(times(20, () => world.submit(submission(account))));
    expect(outcomes(answers)).toEqual({ inserted: 1, insufficient: 19 });
    expect(await balanceOf(world, account)).toEqual({
      granted: 10_000,
      charged: 0,
      reserved: 10_000,
      available: 0,
      open_runs: 1,
    });
  });

  it("keeps to the plan's open runs", async () => {
    const account = await world.account({ plan: { max_open_runs: 3 } });
    const answers = await Promise.all(times(20, () => world.submit(submission(account))));
    expect(outcomes(answers)).toEqual({ inserted: 3, "too-many-open": 17 });
  });

  it("keeps to the key's cap", async () => {
    const account = await world.account({ key: { spending_cap: micros(29_999) } });
    const answers = await Promise.all(times(20, () => world.submit(submission(account))));
    expect(outcomes(answers)).toEqual({ inserted: 2, insufficient: 18 });
    for (const answer of answers) {
      if (answer.outcome === "insufficient")
        expect(answer).toMatchObject({ refused_by: "key", available_micros: 9_999 });
    }
  });
});
