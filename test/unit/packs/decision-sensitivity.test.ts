import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { decide, table } from "./decision-fixture.ts";

const RUNS = { numRuns: 150, seed: 20_240_501 };

const direction = fc.constantFrom("max" as const, "min" as const);
const decisions = fc
  .record({ options: fc.integer({ min: 2, max: 5 }), criteria: fc.integer({ min: 2, max: 4 }) })
  .chain(({ options, criteria }) => {
    const list = <T>(item: fc.Arbitrary<T>, length: number) => fc.array(item, { minLength: length, maxLength: length });
    return fc.tuple(
      list(fc.integer({ min: 1, max: 20 }), criteria),
      list(direction, criteria),
      list(list(fc.integer({ min: 0, max: 30 }), criteria), options),
    );
  });

function withWeight(inputs: DecisionInputs, index: number, weight: number): DecisionInputs {
  const criteria = inputs.criteria?.map((criterion, at) => (at === index ? { ...criterion, weight } : criterion));
  return { ...inputs, criteria };
}

const winnerWith = async (inputs: DecisionInputs, index: number, weight: number) =>
  (await decide(withWeight(inputs, index, weight))).data.winner;

describe.each(["weighted_sum", "topsis", "promethee"] as const)("sensitivity of %s", (method) => {
  test("just short of the reported weight the winner holds, just past it another one leads", async () => {
    await fc.assert(
      fc.asyncProperty(decisions, async ([weights, directions, rows]) => {
        const inputs = table(weights, directions, rows, { method });
        const { winner, sensitivity } = (await decide(inputs)).data;
        for (const [index, { weight, switch_weight, change, new_winners }] of sensitivity.entries()) {
          if (switch_weight === null || change === null) continue;
          expect(switch_weight).toBeCloseTo(weight + change, 6);
          const step = Math.sign(change) * Math.min(Math.abs(change) / 2, switch_weight * 1e-4);
          expect(await winnerWith(inputs, index, switch_weight - step)).toBe(winner);
          const past = await winnerWith(inputs, index, switch_weight + step);
          expect(past).not.toBe(winner);
          if (past !== null) expect(new_winners).toContain(past);
        }
      }),
      RUNS,
    );
  });

  test("where no weight is reported none between 0 and a million times as much changes the winner", async () => {
    await fc.assert(
      fc.asyncProperty(
        decisions,
        fc.double({ min: -6, max: 6, noNaN: true }),
        async ([weights, directions, rows], power) => {
          const inputs = table(weights, directions, rows, { method });
          const { winner, sensitivity } = (await decide(inputs)).data;
          for (const [index, { weight, switch_weight }] of sensitivity.entries()) {
            if (switch_weight !== null) continue;
            const seen = await winnerWith(inputs, index, weight * 10 ** power);
            // Close to the ends of the range a winner may be caught up, which is a tie, but never passed.
            expect([winner, null]).toContain(seen);
          }
        },
      ),
      RUNS,
    );
  });

  test("no weight strictly between the given and the reported one changes the winner", async () => {
    await fc.assert(
      fc.asyncProperty(
        decisions,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        async ([weights, directions, rows], part) => {
          const inputs = table(weights, directions, rows, { method });
          const { winner, sensitivity } = (await decide(inputs)).data;
          for (const [index, { weight, change }] of sensitivity.entries()) {
            for (const side of change === null ? [] : [part, -part]) {
              const tried = weight + change! * side;
              if (tried > 0) expect(await winnerWith(inputs, index, tried)).toBe(winner);
            }
          }
        },
      ),
      RUNS,
    );
  });
});

test("the smallest change comes out as by hand", async () => {
  // Totals 3 and 2: the first weight must fall to 2, or the second rise to 3.
  const { data } = await decide(
    table(
      [3, 2],
      ["max", "max"],
      [
        [1, 0],
        [0, 1],
      ],
    ),
  );
  expect(data.sensitivity).toEqual([
    { criterion: "criterion 1", weight: 3, switch_weight: 2, change: -1, new_winners: ["option 2"] },
    { criterion: "criterion 2", weight: 2, switch_weight: 3, change: 1, new_winners: ["option 2"] },
  ]);
});

test("an option that dominates all others keeps winning whatever the weights", async () => {
  const { data } = await decide(
    table(
      [3, 2],
      ["max", "max"],
      [
        [2, 2],
        [1, 1],
      ],
    ),
  );
  expect(data.sensitivity.map(({ switch_weight }) => switch_weight)).toEqual([null, null]);
});
