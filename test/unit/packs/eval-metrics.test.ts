import { describe, expect, test } from "vitest";
import { wordsOf } from "#core/domain/packs/eval-measure.ts";
import { tokens13a } from "../../../backend/worker/packs/eval/bleu.ts";
import { squadTokens } from "../../../backend/worker/packs/eval/overlap.ts";
import { wilson } from "../../../backend/worker/packs/eval/statistics.ts";
import { scoreOf } from "./eval-fixture.ts";

describe("texts", () => {
  test.each([
    ["kitten", "sitting", 1 - 3 / 7],
    ["Saturday", "Sunday", 1 - 3 / 8],
    ["sitting", "kitten", 1 - 3 / 7],
    ["", "abc", 0],
    ["", "", 1],
    ["flaw", "lawn", 0.5],
    ["🙂🙃", "🙂", 0.5],
  ])(
    "levenshtein of %j and %j, as in Wikipedia's article on it or by hand, in code points",
    (output, expected, score) => {
      expect(scoreOf("levenshtein", output, expected)).toBeCloseTo(score, 6);
    },
  );

  test.each([
    [{ metric: "exact" }, "Paris ", "Paris", 0],
    [{ metric: "exact", whitespace: "trim" }, "Paris\n", "Paris", 1],
    [{ metric: "exact", whitespace: "trim" }, "New  York", "New York", 0],
    [{ metric: "exact", whitespace: "collapse" }, " New\n York", "New York", 1],
    [{ metric: "exact", ignore_case: true }, "PARIS", "paris", 1],
    [{ metric: "contains" }, "It is Paris.", "Paris", 1],
    [{ metric: "contains" }, "It is PARIS.", "Paris", 0],
    [{ metric: "levenshtein", ignore_case: true }, "ABC", "abc", 1],
    [{ metric: "regex" }, "order 42 shipped", "\\d+", 1],
    [{ metric: "regex", full_match: true }, "order 42", "\\d+", 0],
    [{ metric: "regex", flags: "i" }, "ÄPFEL", "äpfel", 1],
    [{ metric: "regex", flags: "ms" }, "a\nb\nc", "^b$.c", 1],
    [{ metric: "regex", pattern: "^x" }, "xyz", undefined, 1],
    [{ metric: "regex" }, "café", "caf\\u00e9", 1],
  ])("%j of %j against %j", (metric, output, expected, score) => {
    expect(scoreOf(metric, output, expected)).toBe(score);
  });

  test("a pattern on which backtracking engines hang is matched in linear time", () => {
    expect(scoreOf("regex", `${"a".repeat(50_000)}!`, "^(a+)+$")).toBe(0);
    expect(scoreOf({ metric: "json_schema", schema: { pattern: "^(a+)+$" } }, `"${"a".repeat(10_000)}!"`)).toBe(0);
  });
});

describe("numbers", () => {
  test.each([
    ["42", 42, 1],
    [" 4.2e1\n", "42", 1],
    ["0.30000000000000004", 0.3, 1],
    ["0.3001", 0.3, 0],
    ["1,000", 1000, 0],
    ["$5", 5, 0],
    ["+5", 5, 0],
    ["05", 5, 0],
    [".5", 0.5, 0],
    ["5.", 5, 0],
    ["0x10", 16, 0],
    ["1e999", 1e308, 0],
    ["NaN", 0, 0],
    ["", 0, 0],
    ["-0", 0, 1],
  ])("%j against %j scores %i", (output, expected, score) => {
    expect(scoreOf("numeric", output, expected)).toBe(score);
  });

  test.each([
    [{ absolute: 0.1 }, "1.1", 1, 1],
    [{ absolute: 0.1 }, "1.11", 1, 0],
    [{ relative: 0.05 }, "95", 100, 1],
    [{ relative: 0.05 }, "94.9", 100, 0],
    [{ absolute: 1, relative: 0 }, "-1e308", 1e308, 0],
    [{ relative: 0 }, "0.30000000000000004", 0.3, 0],
    [{ absolute: 10, relative: 0.01 }, "109", 100, 1],
  ])("tolerance %j: %j against %j scores %i", (tolerance, output, expected, score) => {
    expect(scoreOf({ metric: "numeric", ...tolerance }, output, expected)).toBe(score);
  });
});

describe("token_f1", () => {
  // The metric card of SQuAD in huggingface/evaluate, metrics/squad/README.md: 100, 0, and 2 of 3 at 66.67.
  test.each([
    ["1976", "1976", 1],
    ["1999", "1976", 0],
    ["Beyonce", "Beyoncé and Bruno Mars", 0],
    ["climate change", "climate change", 1],
  ])("%j against %j, as the metric card of SQuAD has it", (output, expected, score) => {
    expect(scoreOf("token_f1", output, expected)).toBe(score);
  });

  // Computed with normalize_answer and compute_f1 of SQuAD's evaluate-v2.0.py.
  test.each([
    ["The Denver Broncos won!", "Denver Broncos", 0.8],
    ["super bowl 50", "Super Bowl L", 2 / 3],
    ["Levi's Stadium in the San Francisco Bay Area at Santa Clara, California.", "Santa Clara, California", 3 / 7],
    ["théâtre", "à the théâtre", 2 / 3],
    ["the b", "a_the b", 2 / 3],
    ["", "the  a an", 1],
    ["something", "the", 0],
  ])("%j against %j, as SQuAD's script has it", (output, expected, score) => {
    expect(scoreOf("token_f1", output, expected)).toBeCloseTo(score, 6);
  });

  test("tokens are in lower case, without punctuation and articles", () => {
    expect(squadTokens(" The  U.S. of A; an “apple” ")).toEqual(["us", "of", "“apple”"]);
  });
});

describe("rouge_l", () => {
  // Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3.1.
  test.each([
    ["police kill the gunman", 3 / 4],
    ["the gunman kill police", 2 / 4],
    ["the gunman police killed", 2 / 4],
  ])("%j against Lin's reference", (output, score) => {
    expect(scoreOf("rouge_l", output, "police killed the gunman")).toBe(score);
  });

  test("words are runs of letters, marks and digits in any script", () => {
    expect(wordsOf("Don't PANIC, überall 3.5 नमस्ते")).toEqual(["don", "t", "panic", "überall", "3", "5", "नमस्ते"]);
  });

  test("two texts without words agree; one does not agree with words", () => {
    expect([scoreOf("rouge_l", "!", "?"), scoreOf("rouge_l", "", "a")]).toEqual([1, 0]);
  });
});

describe("bleu", () => {
  // NLTK, nltk.translate.bleu_score, docstring of SmoothingFunction.__init__: 0.4118 without smoothing and by method 1.
  test.each(["none", "method1"])("the military guide, as NLTK has it, smoothing %s", (smoothing) => {
    const output = "It is a guide to action which ensures that the military always obeys the commands of the party";
    const expected = "It is a guide to action that ensures that the military will forever heed Party commands";
    const score = scoreOf({ metric: "bleu", tokenize: "whitespace", smoothing }, output, expected);
    expect(Math.floor(score * 10_000) / 10_000).toBe(0.4118);
  });

  // Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", section 2.1, example 2.
  test("a word counts only as often as the reference has it", () => {
    const metric = { metric: "bleu", order: 1, smoothing: "none", ignore_case: true };
    expect(scoreOf(metric, "the the the the the the the", "The cat is on the mat")).toBeCloseTo(2 / 7, 6);
  });

  // sacreBLEU, test/test_sentence_bleu.py: `floor` with 0.1 is method 1 of Chen and Cherry.
  test.each([
    [{ smoothing: "method1" }, 0.0451688],
    [{ smoothing: "none" }, 0],
  ])("zahăr, as sacreBLEU has it with 13a and %j", (options, score) => {
    const output = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;";
    const expected = "producţia de zahăr brut se exprimă în zahăr alb;";
    expect(Math.abs(scoreOf({ metric: "bleu", ...options }, output, expected) - score)).toBeLessThan(1e-5);
  });

  // sacreBLEU, test/test_sentence_bleu.py and test/test_bleu.py (effective order).
  test.each([
    ["this is a cat", "okay thanks", 0],
    ["test", "a test", 0.367879],
    ["a test", "a test", 1],
  ])("%j against %j, as sacreBLEU has it", (output, expected, score) => {
    expect(scoreOf("bleu", output, expected)).toBeCloseTo(score, 6);
  });

  test("13a parts symbols, and points and dashes that belong to no number", () => {
    const text = "It cost $1,234.50 (in 2-3 days), said &quot;A.&quot; well-known end.";
    expect(tokens13a(text).join(" ")).toBe('It cost $ 1,234.50 ( in 2 - 3 days ) , said " A . " well-known end .');
  });
});

// Newcombe 1998, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, table I,
// method 3 (score method without continuity correction).
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("the Wilson interval of %i in %i is Newcombe's", (passed, total, low, high) => {
  const interval = wilson(passed, total);
  expect(Number(interval.low.toFixed(4))).toBe(low);
  expect(Number(interval.high.toFixed(4))).toBe(high);
});
