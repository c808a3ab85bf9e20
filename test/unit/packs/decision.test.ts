import { describe, expect, test } from "vitest";
import { priceOf } from "#core/domain/pack.ts";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { DECISION_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { decide, table } from "./decision-fixture.ts";

// Hwang and Yoon, "Multiple Attribute Decision Making" (1981): the fighter aircraft; only the fourth attribute is a cost.
const FIGHTERS = table(
  [0.2, 0.1, 0.1, 0.1, 0.2, 0.3],
  ["max", "max", "max", "min", "max", "max"],
  [
    [2.0, 1500, 20_000, 5.5, 5, 9],
    [2.5, 2700, 18_000, 6.5, 3, 5],
    [1.8, 2000, 21_000, 4.5, 7, 7],
    [2.2, 1800, 20_000, 5.0, 5, 5],
  ],
  { method: "topsis", mode: "detailed" },
);

// By hand: normalised rows are (1, 0), (0.5, 1), (0, 0.25); shares 0.6 and 0.4.
const HAND = table(
  [3, 2],
  ["min", "max"],
  [
    [100, 1],
    [150, 5],
    [200, 2],
  ],
  { normalisation: "min_max" },
);

describe("ranking", () => {
  test("a weighted sum comes out as by hand", async () => {
    const { data, units, reliability } = await decide(HAND);
    expect(data.ranking).toEqual([
      { option: "option 2", rank: 1, score: 0.7 },
      { option: "option 1", rank: 2, score: 0.6 },
      { option: "option 3", rank: 3, score: 0.1 },
    ]);
    expect(data).toMatchObject({ verdict: "WINNER", winner: "option 2", margin: 0.1 });
    expect(units).toEqual({ base: 1, cell: 6 });
    expect(reliability).toBe(1);
  });

  test("TOPSIS gives the closeness and distances published for the fighter aircraft", async () => {
    const { data } = await decide(FIGHTERS);
    expect(data.ranking.map(({ option }) => option)).toEqual(["option 1", "option 3", "option 4", "option 2"]);
    const published = [0.643, 0.614, 0.312, 0.268];
    data.ranking.forEach(({ score }, index) => expect(Math.abs(score - (published[index] ?? 0))).toBeLessThan(0.001));
    const first = data.details?.options[0] as unknown as Record<string, number>;
    expect(first["distance_to_ideal"]).toBeCloseTo(0.0545, 3);
    expect(first["distance_to_anti_ideal"]).toBeCloseTo(0.0983, 3);
  });

  test("options with equal totals share the first place and nobody wins", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ["max", "max"],
        [
          [1, 0],
          [0, 1],
          [0, 0],
        ],
      ),
    );
    expect(data).toMatchObject({ verdict: "TIE", winner: null, margin: 0, sensitivity: [] });
    expect(data.tied).toEqual(["option 1", "option 2"]);
    expect(data.ranking.map(({ rank }) => rank)).toEqual([1, 1, 3]);
  });

  test("a tie is not broken by the noise of floating point", async () => {
    const { data } = await decide(
      table(
        [0.1, 0.2, 0.3],
        ["max", "max", "max"],
        [
          [1, 1, 0],
          [0, 0, 1],
        ],
      ),
    );
    expect(data.verdict).toBe("TIE");
  });

  test.each(["weighted_sum", "topsis", "vikor", "promethee"] as const)(
    "%s: identical options all score the same and tie",
    async (method) => {
      const { data } = await decide(
        table(
          [1, 2],
          ["max", "min"],
          [
            [7, 7],
            [7, 7],
          ],
          { method },
        ),
      );
      const score = method === "promethee" ? 0.5 : 1;
      expect(data.ranking.map((one) => one.score)).toEqual([score, score]);
      expect(data.verdict).toBe("TIE");
    },
  );

  test("a criterion on which all options score the same gives each of them 1", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ["max", "max"],
        [
          [5, 1],
          [5, 0],
        ],
        { mode: "detailed", normalisation: "min_max" },
      ),
    );
    expect(data.details?.options.map(({ cells }) => cells[0]?.normalised)).toEqual([1, 1]);
    expect(data.winner).toBe("option 1");
  });

  test.each(["weighted_sum", "topsis", "vikor", "promethee"] as const)(
    "%s: the largest and smallest numbers keep scores within 0 and 1",
    async (method) => {
      const extremes = [1e308, -1e308, 5e-324, -0, 1.7976931348623157e308];
      const rows = extremes.map((value, index) => [value, extremes[(index + 1) % 5] ?? 0]);
      const { data } = await decide(table([1e308, 5e-324], ["max", "min"], rows, { method, mode: "detailed" }));
      for (const { score } of data.ranking) expect(score).toSatisfy((value: number) => value >= 0 && value <= 1);
      expect(JSON.stringify(data)).not.toContain('null,"score');
      expect(data.details?.criteria.map(({ share }) => share)).toEqual([1, 0]);
    },
  );

  test("dominated options name their rivals, and the others are the Pareto front", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ["max", "min"],
        [
          [5, 1],
          [5, 2],
          [9, 9],
          [4, 2],
        ],
      ),
    );
    expect(data.dominated).toEqual([
      { option: "option 2", by: ["option 1"] },
      { option: "option 4", by: ["option 1", "option 2"] },
    ]);
    expect(data.pareto_front).toEqual(["option 1", "option 3"]);
  });

  test("the same inputs give the same bytes", async () => {
    const [first, second] = await Promise.all([decide(FIGHTERS), decide(structuredClone(FIGHTERS))]);
    expect(JSON.stringify(first)).toBe(JSON.stringify(second));
  });

  test("brief leaves out the cells that detailed shows", async () => {
    expect((await decide(HAND)).data.details).toBeUndefined();
    const detailed = (await decide({ ...HAND, mode: "detailed" })).data.details;
    expect(detailed?.options[1]?.cells.map(({ normalised }) => normalised)).toEqual([0.5, 1]);
  });
});

describe("what is missing", () => {
  const bare = { question: "Should we move?" };

  test("a bare question is answered with what it needs, for nothing", async () => {
    const { data, units, reliability } = await decide(bare);
    expect(data).toMatchObject({ verdict: "NEEDS_INPUT", winner: null });
    expect(data).not.toHaveProperty("ranking");
    expect(data.missing.map(({ pointer }) => pointer)).toEqual(["/options", "/criteria", "/scores"]);
    expect(units).toEqual({});
    expect(reliability).toBe(0);
  });

  test("each missing cell is listed by a JSON Pointer", async () => {
    const criteria = [{ name: "a/b", weight: 1, direction: "max" }];
    const { data, units } = await decide({ ...bare, options: ["x~y", "z"], criteria, scores: { z: { "a/b": 1 } } });
    expect(data.missing).toEqual([
      { pointer: "/scores/x~0y/a~1b", needs: "a number", option: "x~y", criterion: "a/b" },
    ]);
    expect(units).toEqual({});
  });

  test("a single option is not a choice", async () => {
    const { data } = await decide({
      ...HAND,
      options: ["option 1"],
      scores: { "option 1": { "criterion 1": 1, "criterion 2": 2 } },
    });
    expect(data.missing.map(({ pointer }) => pointer)).toEqual(["/options"]);
  });
});

describe("inputs", () => {
  const refusals = (inputs: unknown) =>
    decisionOffer.inputs.safeParse(inputs).error?.issues.map(({ path }) => path.join("."));
  const criterion = { name: "cost", weight: 1, direction: "min" };
  const names = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);

  test.each([
    ["an empty question", { question: " " }, "question"],
    ["a long question", { question: "x".repeat(DECISION_LIMITS.max_question_chars + 1) }, "question"],
    ["an unknown field", { question: "q", extra: 1 }, ""],
    ["too many options", { question: "q", options: names(DECISION_LIMITS.max_options + 1) }, "options"],
    ["a long name", { question: "q", options: ["x".repeat(DECISION_LIMITS.max_name_chars + 1)] }, "options.0"],
    ["a name of two lines", { question: "q", options: ["a\nb"] }, "options.0"],
    ["a repeated option", { question: "q", options: ["a", "a"] }, "options.1"],
    ["a repeated criterion", { question: "q", criteria: [criterion, criterion] }, "criteria.1.name"],
    ["a weight of zero", { question: "q", criteria: [{ ...criterion, weight: 0 }] }, "criteria.0.weight"],
    ["a negative weight", { question: "q", criteria: [{ ...criterion, weight: -1 }] }, "criteria.0.weight"],
    ["an endless weight", { question: "q", criteria: [{ ...criterion, weight: Infinity }] }, "criteria.0.weight"],
    ["scores without options", { question: "q", scores: { a: {} } }, "scores.a"],
    [
      "a score of an unknown criterion",
      { question: "q", options: ["a"], criteria: [criterion], scores: { a: { b: 1 } } },
      "scores.a.b",
    ],
    [
      "a score that is no number",
      { question: "q", options: ["a"], criteria: [criterion], scores: { a: { cost: NaN } } },
      "scores.a.cost",
    ],
    ["__proto__ as an option", { question: "q", options: ["__proto__"] }, "options.0"],
    ["__proto__ as a row", JSON.parse('{"question":"q","scores":{"__proto__":{"a":1}}}'), "scores.__proto__"],
    [
      "__proto__ as a cell",
      JSON.parse('{"question":"q","options":["a"],"scores":{"a":{"__proto__":1}}}'),
      "scores.a.__proto__",
    ],
  ])("%s is refused with the path to it", (_, inputs, path) => {
    expect(refusals(inputs)).toContain(path);
  });

  test("names that objects inherit are ordinary names, and are missing until they are scored", async () => {
    const options = ["constructor", "toString"];
    const criteria = [{ name: "hasOwnProperty", weight: 1, direction: "max" }];
    expect((await decide({ question: "q", options, criteria, scores: {} })).data.missing).toHaveLength(2);
    const scores = { constructor: { hasOwnProperty: 2 }, toString: { hasOwnProperty: 1 } };
    expect((await decide({ question: "q", options, criteria, scores })).data.winner).toBe("constructor");
  });

  test("a complete table is estimated exactly", () => {
    expect(decisionOffer.estimate(HAND)).toEqual({ units: { base: 1, cell: 6 }, exact: true });
    expect(priceOf(decisionOffer.prices, { base: 1, cell: 6 })).toBe(13_000);
  });
});
