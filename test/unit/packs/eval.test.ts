import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { priceOf } from "#core/domain/pack.ts";
import { METRIC_NAMES } from "#core/domain/packs/eval-metrics.ts";
import { evalOffer } from "#core/domain/packs/eval.ts";
import { evaluate, workOn } from "../../../backend/worker/packs/eval/evaluate.ts";
import { score } from "../../../backend/worker/packs/eval/score.ts";
import { evalPack } from "../../../backend/worker/packs/eval.ts";
import { context, openedOutcome } from "./decision-fixture.ts";
import { reportOf, scoring } from "./eval-fixture.ts";

const item = (id: string, output = "a", expected: unknown = "a") => ({ id, output, expected });
const letters = (count: number) => "a".repeat(count);

describe("the report", () => {
  test("adds up by hand", () => {
    const cases = [item("one", "a b c d", "a b c d"), item("two", "a b x y", "a b c d"), item("three", "x", "a b c d")];
    const report = reportOf({ cases, metrics: ["exact", { metric: "rouge_l", threshold: 0.25 }], threshold: 1 });
    expect(report.metrics).toEqual([
      {
        label: "exact",
        metric: "exact",
        threshold: 1,
        mean: 0.333333,
        median: 0,
        min: 0,
        passed: 1,
        pass_rate: 0.333333,
        pass_rate_95: { low: 0.061492, high: 0.79234 },
      },
      {
        label: "rouge_l",
        metric: "rouge_l",
        threshold: 0.25,
        mean: 0.5,
        median: 0.5,
        min: 0,
        passed: 2,
        pass_rate: 0.666667,
        pass_rate_95: { low: 0.20766, high: 0.938508 },
      },
    ]);
    expect(report.cases).toEqual([
      { id: "one", score: 1, passed: true, scores: { exact: 1, rouge_l: 1 } },
      { id: "two", score: 0.25, passed: false, scores: { exact: 0, rouge_l: 0.5 } },
      { id: "three", score: 0, passed: false, scores: { exact: 0, rouge_l: 0 } },
    ]);
    expect(report.overall).toMatchObject({ mean: 0.416667, median: 0.25, min: 0, passed: 1, pass_rate: 0.333333 });
    expect(report).toMatchObject({ count: 3, threshold: 1 });
  });

  test("takes the mean of both middle scores for the median of an even number", () => {
    const cases = ["a", "ab", "abc", "abcd"].map((output) => item(output, output, "a"));
    expect(reportOf({ cases, metrics: ["levenshtein"] }).metrics[0]?.median).toBe(0.416667);
  });

  test("compares scores and thresholds as rounded: a third is a third", () => {
    const cases = [item("a", "a", "abc")];
    expect(reportOf({ cases, metrics: ["levenshtein"], threshold: 1 / 3 }).overall.passed).toBe(1);
    expect(reportOf({ cases, metrics: ["levenshtein"], threshold: 0.333334 }).overall.passed).toBe(0);
  });

  test("one metric may be asked for twice under two labels", () => {
    const metrics = ["numeric", { metric: "numeric", label: "within_a_tenth", relative: 0.1 }];
    const report = reportOf({ cases: [item("a", "10.5", 10)], metrics });
    expect(report.cases[0]?.scores).toEqual({ numeric: 0, within_a_tenth: 1 });
  });

  test("does not depend on the order of cases, but for theirs", () => {
    const cases = Array.from({ length: 60 }, (_, index) => item(`${index}`, letters(index % 7), letters(5)));
    const metrics = ["levenshtein", "bleu", "token_f1"];
    const [there, back] = [reportOf({ cases, metrics }), reportOf({ cases: cases.toReversed(), metrics })];
    expect(back).toEqual({ ...there, cases: there.cases.toReversed() });
  });

  test.each([
    ["a case's pattern", { cases: [item("a", "a", "("), item("b")], metrics: ["regex"] }, "/inputs/cases/0/expected"],
    [
      "a metric's pattern",
      { cases: [item("a")], metrics: ["exact", { metric: "regex", pattern: "(?=SECRET)" }] },
      "/inputs/metrics/1/pattern",
    ],
  ])("rejects %s that RE2 does not take, with the place and without the pattern", (_, inputs, place) => {
    const outcome = scoring(inputs);
    expect(outcome).toMatchObject({ kind: "rejected", reason_code: "PATTERN_INVALID" });
    expect(outcome.kind === "rejected" && outcome.detail).toMatch(new RegExp(`^${place}: is not a pattern of RE2: `));
    expect(JSON.stringify(outcome)).not.toContain("SECRET");
  });
});

describe("the pack", () => {
  const pack = evalPack();
  const run = (inputs: unknown, signal?: AbortSignal) => pack.run(evalOffer.inputs.parse(inputs), context(signal));

  test("scores in a process what it scores here, and tells how far the pass rate can be trusted", async () => {
    const outcome = openedOutcome(await run(evalOffer.examples[0].inputs));
    const report = reportOf(evalOffer.examples[0].inputs);
    expect(outcome).toEqual({
      kind: "done",
      data: report,
      artifacts: [],
      units: { base: 1, case_metric: 4 },
      reliability: report.overall.pass_rate_95.low,
    });
  });

  test("tells a rejection as one of its inputs", async () => {
    const outcome = await run({ cases: [item("a", "a", "(")], metrics: ["regex"] });
    expect(outcome).toMatchObject({ kind: "input_rejected", reason_code: "PATTERN_INVALID" });
  });

  test("stops in the middle of its work when the signal aborts", async () => {
    const controller = new AbortController();
    const text = Array.from({ length: 14_000 }, (_, index) => String.fromCodePoint(97 + (index % 20))).join("");
    const working = run({ cases: [item("a", text, text.slice(1))], metrics: ["levenshtein"] }, controller.signal);
    controller.abort(new Error("enough"));
    await expect(working).rejects.toThrow("enough");
    await expect(run(evalOffer.examples[0].inputs, AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
  });

  test("does not hide that scoring itself broke", async () => {
    const broken = evalPack(async () => ({ kind: "failed", reason: "out-of-memory", stage: undefined }));
    await expect(broken.run(evalOffer.examples[0].inputs, context())).rejects.toThrow("out-of-memory");
  });

  test("charges the price list x units, which is the estimate, and gives the same bytes again", async () => {
    const textual = fc.subarray(
      METRIC_NAMES.filter((name) => !["regex", "numeric", "json_schema", "model_graded"].includes(name)),
      { minLength: 1, maxLength: 10 },
    );
    const pairs = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ minLength: 1, unit: "grapheme" })), {
      minLength: 1,
      maxLength: 8,
    });
    // The process is put aside here: it is the same function.
    const here = evalPack(async (errand) => ({ kind: "ok", result: workOn(errand) }));
    await fc.assert(
      fc.asyncProperty(
        textual,
        pairs,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (metrics, texts, threshold) => {
          const cases = texts.map(([output, expected], index) => item(`${index}`, output, expected));
          const inputs = evalOffer.inputs.parse({ cases, metrics, threshold });
          const [first, second] = await Promise.all([
            here.run(inputs, context()),
            here.run(structuredClone(inputs), context()),
          ]);
          expect(JSON.stringify(second)).toBe(JSON.stringify(first));
          if (first.kind !== "done") throw new Error(first.reason_code);
          expect(evalOffer.estimate(inputs)).toEqual({ units: first.units, exact: true });
          expect(priceOf(evalOffer.prices, first.units)).toBe(2_000 + 100 * cases.length * metrics.length);
          const { cases: rows } = first.data as ReturnType<typeof reportOf>;
          for (const value of rows.flatMap(({ scores }) => Object.values(scores))) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a rejection comes before any work that would be free", () => {
  /** Cases whose outputs tell how often they were read. */
  function watched(inputs: unknown) {
    let reads = 0;
    const parsed = evalOffer.inputs.parse(inputs);
    const cases = parsed.cases.map(({ output, ...rest }) => ({
      ...rest,
      get output() {
        reads += 1;
        return output;
      },
    }));
    return { inputs: { ...parsed, cases }, reads: () => reads };
  }

  test("no output is read where a later metric has a pattern that is none", () => {
    const given = watched({
      cases: [item("a", "a", "a"), item("b", "a", "(")],
      metrics: ["levenshtein", "rouge_l", "regex"],
    });
    expect(score(given.inputs)).toMatchObject({ kind: "rejected", reason_code: "PATTERN_INVALID" });
    expect(given.reads()).toBe(0);
  });

  test("no output is read where a later metric has a schema that is none", () => {
    const schema = { type: "strin" };
    const given = watched({
      cases: [item("a"), item("b")],
      metrics: ["exact", "bleu", { metric: "json_schema", schema }],
    });
    expect(score(given.inputs)).toMatchObject({ kind: "rejected", reason_code: "SCHEMA_INVALID" });
    expect(evaluate(given.inputs)).toMatchObject({ kind: "input_rejected", reason_code: "SCHEMA_INVALID" });
    expect(given.reads()).toBe(0);
  });

  test("a schema that costs too much is found out before other metrics read the outputs", () => {
    const schema = { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }] } } };
    const given = watched({
      cases: [item("a", "1"), item("b", "1")],
      metrics: ["levenshtein", "exact", { metric: "json_schema", schema }],
    });
    expect(score(given.inputs)).toMatchObject({ kind: "rejected", reason_code: "SCHEMA_TOO_COSTLY" });
    expect(given.reads()).toBe(1);
    expect(evaluate(given.inputs)).toMatchObject({ kind: "pack_failed", reason_code: "SCHEMA_TOO_COSTLY" });
  });

  test("columns keep the order in which the metrics were asked for", () => {
    const inputs = { cases: [item("a")], metrics: ["exact", "regex", "bleu", { metric: "json_schema", schema: true }] };
    expect(reportOf(inputs).metrics.map(({ label }) => label)).toEqual(["exact", "regex", "bleu", "json_schema"]);
  });
});
