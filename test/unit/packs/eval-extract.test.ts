import { describe, expect, test } from "vitest";
import { evalOffer } from "#core/domain/packs/eval.ts";
import { evaluate } from "../../../backend/worker/packs/eval/evaluate.ts";
import { reportOf, scoreOf } from "./eval-fixture.ts";

const noteOf = (metric: unknown, output: string, expected: unknown) =>
  Object.values(reportOf({ cases: [{ id: "a", output, expected }], metrics: [metric] }).cases[0]?.notes ?? {})[0];

describe("a number in an answer", () => {
  const metric = { metric: "numeric", extract: "number" };

  test.each([
    ["$29.00", 29],
    ["The total is 29.", 29],
    ["1,029", 1_029],
    ["5.", 5],
    ["+5", 5],
    [".5", 0.5],
    ["42%", 42],
    ["−5", -5],
    ["-$5.50", -5.5],
    ["1.029,50 €", 1_029.5],
    ["12,345,678.90", 12_345_678.9],
    ["1\u00A0234", 1_234],
    ["2.5e3", 2_500],
    ["6.02×10^23", 6.02e23],
    ["#### 29", 29],
    ["**7** apples", 7],
    ["10 apples, then 3", 3],
  ])("%s is read", (output, expected) => {
    expect(scoreOf(metric, output, expected)).toBe(1);
    expect(scoreOf(metric, output, expected * 2 + 1)).toBe(0);
  });

  test("is not read where nobody asks for it; the note says what would have been", () => {
    expect(scoreOf("numeric", "The total is 29.", 29)).toBe(0);
    expect(noteOf("numeric", "The total is 29.", 29)).toBe("not a number; extract: number would read 29");
  });

  test("that is not there scores 0", () => {
    expect(scoreOf(metric, "none at all", 0)).toBe(0);
    expect(noteOf(metric, "none at all", 0)).toBe("nothing to extract");
  });
});

describe("JSON in an answer", () => {
  const schema = { type: "object", required: ["a"] };
  const metric = { metric: "json_schema", extract: "json", schema };

  test.each([
    ['```json\n{"a":1}\n```', 1],
    ['~~~\n{"a":1}\n~~~', 1],
    ['Here it is: {"a":1}, as asked.', 1],
    ['See [1]: {"a":"}"}', 0],
    ['see [x], then {"a":[1,"}"]}', 1],
    ['{"a":1', 0],
    ["none", 0],
  ])("%j scores %d", (output, score) => expect(scoreOf(metric, output)).toBe(score));

  test("is not looked for where nobody asks for it", () => {
    expect(noteOf({ metric: "json_schema", schema }, '```json\n{"a":1}\n```', undefined)).toMatch(
      /^not JSON; extract: json/,
    );
  });
});

test.each([
  ["last_line", "x\nfinal: 12\n\n", "final: 12"],
  ["code", "Sure:\n```python\nprint(1)\n```\nDone.", "print(1)"],
  [{ pattern: "\\(([A-D])\\)" }, "The answer is (B), not (C).", "B"],
  [{ pattern: "answer: (\\w+) (\\w+)", group: 2 }, "answer: is yes", "yes"],
])("%j is taken out", (extract, output, expected) => {
  expect(scoreOf({ metric: "exact", extract }, output, expected)).toBe(1);
});

describe("several references", () => {
  test.each([
    ["exact", "Paris", ["City of Paris", "Paris"], 1],
    ["exact", "Rome", ["Paris", "City of Paris"], 0],
    ["numeric", "3", [1, "3"], 1],
    ["token_f1", "the city of Paris", ["Lyon", "city of Paris"], 1],
    ["contains_any", "a b c", ["z", "b"], 1],
    ["contains_any", "a b c", ["y", "z"], 0],
    ["contains_all", "a b c", ["a", "z"], 0.5],
    ["contains_all", "a b c", ["a", "c"], 1],
  ])("%s of %j against %j is %d", (metric, output, expected, score) =>
    expect(scoreOf(metric, output, expected)).toBe(score),
  );

  test("of BLEU share their runs, as sacreBLEU has it", () => {
    const output = "the cat is on the mat";
    expect(scoreOf({ metric: "bleu", order: 2 }, output, ["the cat is here", "a dog is on the mat"])).toBeGreaterThan(
      Math.max(
        ...["the cat is here", "a dog is on the mat"].map((one) => scoreOf({ metric: "bleu", order: 2 }, output, one)),
      ),
    );
  });
});

describe("texts without spaces, and in other forms of Unicode", () => {
  test.each(["rouge_l", "token_f1", "rouge_1"])("%s by characters", (metric) => {
    expect(scoreOf({ metric, tokenize: "char" }, "今天天气很好", "今天天气不好")).toBeCloseTo(5 / 6, 5);
    expect(scoreOf(metric, "今天天气很好", "今天天气不好")).toBe(0);
  });

  test.each([
    [{ metric: "exact", normalize: "NFC" }, "café", "cafe\u0301"],
    [{ metric: "levenshtein", normalize: "NFC" }, "café", "cafe\u0301"],
    [{ metric: "exact", normalize: "NFKC" }, "ﬁne ①", "fine 1"],
    [{ metric: "exact", ignore_case: true }, "STRASSE", "straße"],
    [{ metric: "exact", ignore_case: true }, "İSTANBUL", "istanbul"],
    [{ metric: "contains", ignore_case: true }, "ΟΔΥΣΣΕΥΣ", "οδυσσεύς".normalize("NFD").replace("\u0301", "")],
  ])("%j: %s is %s", (metric, output, expected) => {
    expect(scoreOf(metric, output, expected)).toBe(1);
    expect(scoreOf("exact", output, expected)).toBe(0);
  });
});

describe("rouge_1, rouge_2, chrf and BLEU of a corpus", () => {
  const [output, expected] = ["the cat sat on the mat", "the cat is on the mat"];

  // 5 of 6 words, and 3 of 5 pairs, are shared.
  test("count what is shared", () => {
    expect(scoreOf("rouge_1", output, expected)).toBeCloseTo(5 / 6, 6);
    expect(scoreOf("rouge_2", output, expected)).toBeCloseTo(3 / 5, 6);
  });

  test("chrf is 1 for the same text, 0 for nothing shared, and does not mind spaces", () => {
    expect([scoreOf("chrf", output, output), scoreOf("chrf", "abc", "xyz"), scoreOf("chrf", "a b", "ab")]).toEqual([
      1, 0, 1,
    ]);
    // One order: 2 of 3 characters each way.
    expect(scoreOf("chrf", "a", "b")).toBe(0);
  });

  test("two empty texts have no BLEU", () => expect(scoreOf("bleu", "", "")).toBe(0));

  test("BLEU of the corpus adds up its runs before it divides", () => {
    const cases = [
      { id: "a", output: "a b c d e", expected: "a b c d e" },
      { id: "b", output: "v w x y z", expected: "v w q y z" },
    ];
    const corpus = reportOf({ cases, metrics: ["bleu"] }).metrics[0]?.corpus ?? 0;
    // 9 of 10 words, 6 of 8 pairs, 3 of 6 runs of three, 2 of 4 of four.
    expect(corpus).toBeCloseTo(((9 / 10) * (6 / 8) * (3 / 6) * (2 / 4)) ** (1 / 4), 6);
  });
});

describe("two systems", () => {
  const cases = (count: number, isRight: (at: number) => boolean, isBaselineRight: (at: number) => boolean) =>
    Array.from({ length: count }, (_, at) => ({
      id: `${at}`,
      output: isRight(at) ? "x" : "y",
      baseline: isBaselineRight(at) ? "x" : "y",
      expected: "x",
    }));

  test("that differ clearly are told apart", () => {
    const inputs = {
      cases: cases(
        40,
        (at) => at % 4 > 0,
        (at) => at % 3 === 0,
      ),
      metrics: ["exact"],
    };
    const { comparison } = reportOf(inputs);
    expect(comparison).toMatchObject({
      resamples: 1_000,
      seed: 0,
      overall: { mean: 0.75, baseline_mean: 0.35, difference: 0.4, better: "output" },
      metrics: [{ label: "exact", better: "output" }],
    });
    expect(comparison?.overall.p_value).toBeLessThan(0.01);
  });

  test("that are the same, or hardly differ, are not", () => {
    const same = reportOf({
      cases: cases(
        20,
        (at) => at > 5,
        (at) => at > 5,
      ),
      metrics: ["exact"],
    }).comparison;
    expect(same?.overall).toMatchObject({ difference: 0, p_value: 1, better: "neither" });
    const near = reportOf({
      cases: cases(
        20,
        (at) => at > 5,
        (at) => at > 6,
      ),
      metrics: ["exact"],
    }).comparison;
    expect(near?.overall.better).toBe("neither");
  });

  test("are compared alike under one seed, and each output is a unit", () => {
    const inputs = evalOffer.inputs.parse({
      cases: cases(
        12,
        (at) => at > 2,
        (at) => at > 6,
      ),
      metrics: ["exact"],
      seed: 7,
    });
    const [one, again] = [evaluate(inputs), evaluate(structuredClone(inputs))];
    expect(JSON.stringify(one)).toBe(JSON.stringify(again));
    expect(one).toMatchObject({ kind: "done", units: { base: 1, case_metric: 24 } });
    expect(evalOffer.estimate(inputs)).toEqual({ units: { base: 1, case_metric: 24 }, exact: true });
  });
});
