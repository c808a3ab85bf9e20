import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { vikor } from "../../../backend/worker/packs/decision/vikor.ts";
import { decide, table } from "./decision-fixture.ts";

const ALL_MAX = ["max", "max", "max"] as const;
// Equal weights on one scale of 1 to 10: 20/3 against 13/3.
const TASTE = [
  [10, 5, 5],
  [1, 6, 6],
];

describe("a weighted sum by default", () => {
  test("goes by how much, not by who is best and worst", async () => {
    const { data } = await decide(table([1, 1, 1], ALL_MAX, TASTE));
    expect(data).toMatchObject({ verdict: "WINNER", winner: "option 1" });
    expect(data.ranking.map(({ total }) => total)).toEqual([20, 13]);
  });

  test("does not turn when a worse option is added", async () => {
    const rows = [
      [2, 6],
      [3, 2],
    ];
    const two = await decide(table([3, 2], ALL_MAX, rows));
    const three = await decide(table([3, 2], ALL_MAX, [...rows, [1, 1]]));
    expect([two.data.winner, three.data.winner]).toEqual(["option 1", "option 1"]);
  });

  test("is no tie where one option is far better on one criterion", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ["min", "min"],
        [
          [10.1, 1],
          [10, 5],
        ],
      ),
    );
    expect(data.winner).toBe("option 1");
  });

  test("has the order of weight x score added up, whatever the table", async () => {
    const tables = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.constantFrom("max" as const, "min" as const), { minLength: 3, maxLength: 3 }),
      fc.array(fc.array(fc.integer({ min: -50, max: 200 }), { minLength: 3, maxLength: 3 }), {
        minLength: 2,
        maxLength: 6,
      }),
    );
    await fc.assert(
      fc.asyncProperty(tables, async ([weights, directions, rows]) => {
        const { data } = await decide(table(weights, directions, rows));
        const totals = rows.map((row) =>
          row.reduce((sum, score, at) => sum + (directions[at] === "max" ? 1 : -1) * (weights[at] ?? 0) * score, 0),
        );
        const best = Math.max(...totals);
        const leaders = totals.flatMap((total, at) => (total === best ? [`option ${at + 1}`] : []));
        expect(data.winner === null ? data.tied : [data.winner]).toEqual(leaders);
        expect(data.ranking.map(({ total }) => total)).toEqual(totals.toSorted((a, b) => b - a));
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe("scales and normalisations", () => {
  const cost = { name: "cost", weight: 2, direction: "min", scale: { min: 0, max: 200 } };
  const power = { name: "power", weight: 3, direction: "max", scale: { min: 1, max: 10 } };
  const inputs = {
    question: "Which?",
    mode: "detailed",
    options: ["a", "b"],
    criteria: [cost, power],
    scores: { a: { cost: 120, power: 9 }, b: { cost: 80, power: 5 } },
  };

  test("a criterion's scale is its range", async () => {
    const { data } = await decide(inputs);
    expect(data.details?.options.map(({ cells }) => cells.map(({ normalised }) => normalised))).toEqual([
      [0.4, 0.888888889],
      [0.6, 0.444444444],
    ]);
    expect(data.winner).toBe("a");
  });

  test.each([
    [
      "min_max",
      [
        [0, 1],
        [1, 0],
      ],
    ],
    [
      "sum",
      [
        [0.4, 0.642857143],
        [0.6, 0.357142857],
      ],
    ],
    [
      "max",
      [
        [0.666666667, 1],
        [1, 0.555555556],
      ],
    ],
    [
      "common",
      [
        [0, 0.034782609],
        [0.347826087, 0],
      ],
    ],
  ])("%s comes out as by hand", async (normalisation, expected) => {
    const criteria = [cost, power].map(({ name, weight, direction }) => ({ name, weight, direction }));
    const { data } = await decide({ ...inputs, criteria, normalisation });
    expect(data.details?.options.map(({ cells }) => cells.map(({ normalised }) => normalised))).toEqual(expected);
  });

  test("criteria whose spreads are far apart are warned of", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ["max", "max"],
        [
          [1_000, 1],
          [3_000, 2],
        ],
      ),
    );
    expect(data.warnings).toMatchObject([{ code: "UNEQUAL_SPREADS", criterion: "criterion 1" }]);
  });

  test("a small spread is warned of where it counts in full, and an option that turns the winner", async () => {
    const small = await decide(
      table(
        [1, 1],
        ["min", "min"],
        [
          [10.1, 1],
          [10, 5],
        ],
        { normalisation: "min_max" },
      ),
    );
    expect(small.data.warnings).toMatchObject([{ code: "SMALL_SPREAD", criterion: "criterion 1" }]);
    const turned = await decide(
      table(
        [3, 2],
        ALL_MAX,
        [
          [2, 6],
          [3, 2],
        ],
        { normalisation: "min_max" },
      ),
    );
    expect(turned.data.warnings?.map(({ code }) => code)).toContain("RANK_REVERSAL");
  });
});

describe("must-haves", () => {
  const criteria = [
    { name: "price", weight: 1, direction: "min", at_most: 100 },
    { name: "range", weight: 1, direction: "max", at_least: 300 },
  ];
  const scores = { a: { price: 90, range: 310 }, b: { price: 50, range: 200 }, c: { price: 120, range: 900 } };
  const inputs = { question: "Which?", options: ["a", "b", "c"], criteria, scores };

  test("exclude the options that do not meet them", async () => {
    const { data } = await decide(inputs);
    expect(data).toMatchObject({ verdict: "WINNER", winner: "a" });
    expect(data.ranking.map(({ option }) => option)).toEqual(["a"]);
    expect(data.excluded).toEqual([
      { option: "b", criterion: "range", score: 200, at_least: 300 },
      { option: "c", criterion: "price", score: 120, at_most: 100 },
    ]);
  });

  test("may leave none", async () => {
    const { data } = await decide({ ...inputs, criteria: [{ ...criteria[0], at_most: 1 }, criteria[1]] });
    expect(data).toMatchObject({ verdict: "NO_OPTION", winner: null, ranking: [] });
  });
});

describe("weights by pairs", () => {
  const criteria = ["x", "y", "z"].map((name) => ({ name, direction: "max" }));
  const inputs = {
    question: "Which?",
    mode: "detailed",
    options: ["a", "b"],
    criteria,
    scores: { a: { x: 9, y: 1, z: 1 }, b: { x: 1, y: 9, z: 9 } },
  };
  const pair = (criterion: string, over: string, times: number) => ({ criterion, over, times });
  const sharesOf = async (pairwise: unknown) => {
    const { data } = await decide({ ...inputs, pairwise });
    return { shares: data.details?.criteria.map(({ share }) => share) ?? [], data };
  };

  test("that agree give the weights they were made of, and a ratio of 0", async () => {
    const { shares, data } = await sharesOf([pair("x", "y", 2), pair("y", "z", 2), pair("x", "z", 4)]);
    [4 / 7, 2 / 7, 1 / 7].forEach((share, at) => expect(shares[at]).toBeCloseTo(share, 8));
    expect(data.consistency_ratio).toBeCloseTo(0, 8);
    expect(data).toMatchObject({ winner: "a" });
    expect(data.warnings?.map(({ code }) => code) ?? []).not.toContain("INCONSISTENT_PAIRS");
  });

  // Eigenvector and ratio of the matrix 1 3 5 / 1/3 1 3 / 1/5 1/3 1: 0.637, 0.258, 0.105; 0.033 (Saaty).
  test("of the textbook give its weights", async () => {
    const { shares, data } = await sharesOf([pair("x", "y", 3), pair("x", "z", 5), pair("y", "z", 3)]);
    [0.637, 0.258, 0.105].forEach((share, at) => expect(shares[at]).toBeCloseTo(share, 3));
    expect(data.consistency_ratio).toBeCloseTo(0.033, 2);
  });

  test("that contradict each other are warned of", async () => {
    const { data } = await sharesOf([pair("x", "y", 9), pair("y", "z", 9), pair("z", "x", 9)]);
    expect(data.warnings?.map(({ code }) => code)).toContain("INCONSISTENT_PAIRS");
  });
});

describe("VIKOR and PROMETHEE II", () => {
  const rows = [
    [8, 7, 2],
    [5, 3, 7],
    [7, 5, 6],
  ];

  // Sums of regrets 1/3, 2/3 and 31/90, largest ones 1/3, 1/3 and 1/6: Q is 0.5, 1 and 1/60.
  test("VIKOR comes out as by hand", async () => {
    const { data } = await decide(table([1, 1, 1], ALL_MAX, rows, { method: "vikor" }));
    expect(data.ranking.map(({ option }) => option)).toEqual(["option 3", "option 1", "option 2"]);
    const scores = Object.fromEntries(data.ranking.map(({ option, score }) => [option, score]));
    expect(scores["option 1"]).toBeCloseTo(0.5, 6);
    expect(scores["option 2"]).toBeCloseTo(0, 6);
    expect(scores["option 3"]).toBeCloseTo(1 - 0.5 / 30, 6);
  });

  // Usual criterion: each criterion ranks the three 1, 0, -1 in some order; flows 1/3, -1/3 and 0.
  test("VIKOR reads the weights as often for many options as for few", () => {
    const readsWith = (options: number) => {
      let reads = 0;
      const weights = new Proxy([1, 2], {
        get(target, key, receiver) {
          reads += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
      const names = Array.from({ length: options }, (_, index) => `o${index}`);
      const criteria = ["a", "b"].map((name) => ({ name, weight: 1, direction: "max" as const }));
      vikor({ options: names, criteria, rows: names.map((_, index) => [index, index % 3]) }).scores(weights);
      return reads;
    };
    expect(readsWith(40)).toBe(readsWith(4));
  });

  test("PROMETHEE II comes out as by hand", async () => {
    const { data } = await decide(table([1, 1, 1], ALL_MAX, rows, { method: "promethee" }));
    expect(data.ranking.map(({ option }) => option)).toEqual(["option 1", "option 3", "option 2"]);
    const scores = Object.fromEntries(data.ranking.map(({ option, score }) => [option, score]));
    expect(scores["option 1"]).toBeCloseTo((1 / 3 + 1) / 2, 6);
    expect(scores["option 3"]).toBeCloseTo(0.5, 6);
    expect(scores["option 2"]).toBeCloseTo((-1 / 3 + 1) / 2, 6);
  });

  test("thresholds make small differences count less", async () => {
    const criteria = [{ name: "a", weight: 1, direction: "max", indifference: 1, preference: 3 }];
    const inputs = {
      question: "Which?",
      method: "promethee",
      options: ["p", "q"],
      criteria,
      scores: { p: { a: 2 }, q: { a: 0 } },
    };
    expect((await decide(inputs)).data.ranking[0]?.score).toBeCloseTo((0.5 + 1) / 2, 9);
    expect((await decide({ ...inputs, scores: { p: { a: 1 }, q: { a: 0 } } })).data.verdict).toBe("TIE");
  });

  test("the weight at which VIKOR's winner changes is where it changes", async () => {
    const inputs = table([1, 1, 1], ALL_MAX, rows, { method: "vikor" });
    const { data } = await decide(inputs);
    const changes = data.sensitivity.filter(({ switch_weight }) => switch_weight !== null);
    expect(changes.length).toBeGreaterThan(0);
    for (const { criterion, switch_weight, change, new_winners } of changes) {
      const past = (switch_weight ?? 0) + Math.sign(change ?? 0) * 1e-4;
      const criteria = inputs.criteria?.map((one) => (one.name === criterion ? { ...one, weight: past } : one));
      expect(new_winners).toContain((await decide({ ...inputs, criteria })).data.winner);
    }
  });
});

describe("uncertainty", () => {
  const inputs = table([1, 1, 1], ALL_MAX, TASTE, {
    uncertainty: { weights: 0.5, scores: 0.1, samples: 500, seed: 3 },
  });

  test("says how often each option wins, the same for the same seed", async () => {
    const [one, again] = await Promise.all([decide(inputs), decide(inputs)]);
    expect(JSON.stringify(one)).toBe(JSON.stringify(again));
    const wins = one.data.robustness?.wins ?? [];
    expect(wins.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(wins[0]?.share).toBeGreaterThan(0.9);
  });

  test("of nothing leaves the winner", async () => {
    const { data } = await decide({ ...inputs, uncertainty: {} });
    expect(data.robustness).toMatchObject({ samples: 1_000, seed: 0, wins: [{ share: 1 }, { share: 0 }] });
  });

  test("of weights alone leaves scores as they are, however far apart", async () => {
    const apart = table([1], ["max"], [[1.7e308], [-1.7e308]], { uncertainty: { weights: 0.5 } });
    expect((await decide(apart)).data.robustness?.wins.map(({ share }) => share)).toEqual([1, 0]);
  });

  test("of the smallest and of the largest weights is that of their ratio", async () => {
    const wins = async (weight: number) =>
      (await decide({ ...inputs, ...table([weight, weight, weight], ALL_MAX, TASTE) })).data.robustness?.wins;
    expect(await Promise.all([wins(Number.MIN_VALUE), wins(Number.MAX_VALUE)])).toEqual([await wins(1), await wins(1)]);
  });

  test("draws no score below 0 for shares of the sum, which such a score would turn upside down", async () => {
    const rows = [[0.01], [0.01], [0.01], [0.01], [1]];
    const wins = async (normalisation: "sum" | "common") =>
      (await decide(table([1], ["max"], rows, { normalisation, uncertainty: { scores: 1 } }))).data.robustness?.wins;
    expect(await wins("sum")).toEqual(await wins("common"));
  });

  test("that turns the winner often is warned of", async () => {
    const { data } = await decide(
      table(
        [1, 1],
        ALL_MAX,
        [
          [5, 4],
          [4, 5.1],
        ],
        { uncertainty: { weights: 0.9 } },
      ),
    );
    expect(data.warnings?.map(({ code }) => code)).toContain("UNCERTAIN_WINNER");
  });
});

const NAMES = ["a", "b", "c", "d", "e", "f"];

test.each([
  ["no weight", { criteria: [{ name: "a", direction: "max" }] }, "criteria.0.weight"],
  [
    "a scale upside down",
    { criteria: [{ name: "a", weight: 1, direction: "max", scale: { min: 2, max: 1 } }] },
    "criteria.0.scale",
  ],
  [
    "a score outside of its scale",
    { criteria: [{ name: "a", weight: 1, direction: "max", scale: { min: 1, max: 2 } }] },
    "scores.p.a",
  ],
  [
    "a pair of one",
    { criteria: [{ name: "a", direction: "max" }], pairwise: [{ criterion: "a", over: "a", times: 1 }] },
    "pairwise.0.over",
  ],
  ["shares of a score of 0", { normalisation: "sum", scores: { p: { a: 0 }, q: { a: 1 } } }, "scores.p.a"],
  ["too few samples", { uncertainty: { samples: 1 } }, "uncertainty.samples"],
  [
    "many samples of a table that is not there yet",
    { method: "promethee", options: [], criteria: [], scores: {}, uncertainty: { samples: 10_000 } },
    "uncertainty.samples",
  ],
  [
    "many samples of options whose criteria are not there yet",
    { method: "promethee", criteria: undefined, scores: undefined, options: NAMES, uncertainty: { samples: 10_000 } },
    "uncertainty.samples",
  ],
])("%s is refused", (_, options, path) => {
  const inputs = {
    question: "Which?",
    options: ["p", "q"],
    criteria: [{ name: "a", weight: 1, direction: "max" }],
    scores: { p: { a: 5 }, q: { a: 2 } },
  };
  const { error } = decisionOffer.inputs.safeParse({ ...inputs, ...options });
  expect(error?.issues.map((issue) => issue.path.join("."))).toContain(path);
});
