import { describe, expect, test } from "vitest";
import { priceRange, unfilled } from "#core/domain/pack.ts";
import { decisionOffer, modelledUnits } from "#core/domain/packs/decision.ts";
import { DECISION_MODEL_LIMITS } from "#core/domain/packs/decision-limits.ts";

const estimate = (given: object) => decisionOffer.estimate(decisionOffer.inputs.parse({ question: "q", ...given }));
const named = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);
const weighed = (count: number) => named(count).map((name) => ({ name, weight: 1, direction: "max" }));

describe("the estimate of a decision that a model may fill in", () => {
  test("says what is missing, and prices the smallest and the largest table", () => {
    const bare = estimate({});
    expect(bare).toMatchObject({ exact: false, needs_input: ["/options", "/criteria", "/scores"] });
    expect(bare.units).toEqual({ base: 1, cell: 2, model_kilotoken: 1 });
    const { max_cells, max_answer_tokens } = DECISION_MODEL_LIMITS;
    const { least, most } = priceRange(decisionOffer.prices, bare);
    expect(least).toBe(13_000);
    expect(most).toBeGreaterThanOrEqual(10_000 + 500 * max_cells + (2_000 * max_answer_tokens) / 1_000);
  });

  test("is nothing where there is no model, for NEEDS_INPUT is the only answer; what lacks nothing keeps its price", () => {
    expect(unfilled(estimate({}))).toEqual({
      exact: true,
      units: {},
      needs_input: ["/options", "/criteria", "/scores"],
    });
    const whole = decisionOffer.estimate(decisionOffer.examples[0].inputs);
    expect(unfilled(whole)).toEqual(whole);
  });

  test("takes the table's sides from the caller where they are given", () => {
    const sided = estimate({ options: named(4), criteria: weighed(3) });
    expect(sided).toMatchObject({ exact: false, units: { cell: 12 }, needs_input: ["/scores"] });
    expect(sided.exact ? {} : sided.most_units).toMatchObject({ cell: 12 });
    expect(estimate({ options: named(30) })).toMatchObject({ units: { cell: 30 }, most_units: { cell: 200 } });
  });

  test("is never below what a model is charged for, as long as no token is less than a byte", () => {
    const question = "\u{1f980}".repeat(1_000);
    const long = estimate({ question, options: named(50) });
    const tokens = new TextEncoder().encode(question).byteLength + DECISION_MODEL_LIMITS.max_answer_tokens;
    const { most } = priceRange(decisionOffer.prices, long);
    const used = priceRange(decisionOffer.prices, { exact: true, units: modelledUnits(200, tokens) });
    expect(most).toBeGreaterThanOrEqual(used.most);
  });
});

describe("the estimate of a decision that nobody can fill in", () => {
  test.each<[string, object, readonly string[]]>([
    ["one option", { options: ["only"] }, ["/options", "/criteria", "/scores"]],
    [
      "a table with a hole",
      { options: named(2), criteria: weighed(1), scores: { "name 0": { "name 0": 1 } } },
      ["/scores"],
    ],
    ["a table too large for a model", { options: named(21), criteria: weighed(10) }, ["/scores"]],
  ])("%s costs nothing, for the answer is NEEDS_INPUT", (_what, given, needs_input) => {
    expect(estimate(given)).toEqual({ units: {}, exact: true, needs_input });
  });
});
