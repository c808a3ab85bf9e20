import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { begin, cancelQueued, complete, fail, freeze, workOn } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterAll(() => world.close());

const step = fc.record({
  tenant: fc.nat(2),
  cost: fc.integer({ min: 5_000, max: 40_000 }),
  end: fc.constantFrom("complete", "fail", "cancel", "leave", "freeze", "twice"),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(account: Account, { cost, end, share }: Step): Promise<void> {
  const run = submission(account, { reserve: micros(cost) });
  const { outcome } = await world.submit(run);
  if (outcome !== "inserted" || end === "leave") return;
  const work = workOn(account, run.run_id);
  const charge = Math.floor(cost * share);
  if (end === "cancel") {
    await cancelQueued(world, work, 1);
    return;
  }
  await begin(world, work, end === "fail" ? "leased" : "claimed");
  if (end === "fail") await fail(world, work, charge);
  if (end === "complete") await complete(world, work, charge);
  if (end === "twice") await Promise.all([complete(world, work, charge), complete(world, work, charge)]);
  if (end === "freeze") await freeze(world, work);
}

describe("the books", () => {
  it("balance after any mix of submits and closes, many at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const accounts = await Promise.all([
          world.account({ funds: 200_000 }),
          world.account({ funds: 100_000, key: { spending_cap: micros(70_000) } }),
          world.account({ funds: 500_000, plan: { max_open_runs: 3 } }),
        ]);
        await Promise.all(steps.map((one) => take(accounts[one.tenant] as Account, one)));
        expect(await world.imbalances()).toEqual([]);
      }),
      { numRuns: 12, seed: 20_261_120, endOnFailure: true },
    );
  });
});
