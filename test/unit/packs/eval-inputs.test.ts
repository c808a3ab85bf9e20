import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { countWords, jsonSize, patternSize, wordsOf } from "#core/domain/packs/eval-measure.ts";
import { METRIC_NAMES } from "#core/domain/packs/eval-metrics.ts";
import { evalOffer } from "#core/domain/packs/eval.ts";

const item = (id: string, output = "a", expected: unknown = "a") => ({ id, output, expected });
const many = (count: number) => Array.from({ length: count }, (_, index) => item(`${index}`));
const letters = (count: number) => "a".repeat(count);

describe("inputs", () => {
  const refusals = (inputs: unknown) =>
    evalOffer.inputs.safeParse(inputs).error?.issues.map(({ path }) => path.join("."));
  const one = (metric: unknown, expected?: unknown) => ({
    cases: [{ id: "a", output: "a", expected }],
    metrics: [metric],
  });
  const deep = (levels: number): unknown => (levels === 0 ? {} : { not: deep(levels - 1) });
  const wide = (nodes: number) => ({ enum: Array.from({ length: nodes }, (_, index) => index) });

  test.each<[string, unknown, string]>([
    ["no cases", { metrics: ["exact"] }, "cases"],
    ["an empty list of cases", { cases: [], metrics: ["exact"] }, "cases"],
    ["too many cases", { cases: many(EVAL_LIMITS.max_cases + 1), metrics: ["exact"] }, "cases"],
    ["a repeated id", { cases: [item("a"), item("a")], metrics: ["exact"] }, "cases.1.id"],
    ["an empty id", { cases: [item("")], metrics: ["exact"] }, "cases.0.id"],
    ["a long id", { cases: [item(letters(EVAL_LIMITS.max_id_chars + 1))], metrics: ["exact"] }, "cases.0.id"],
    ["an output that is no text", { cases: [{ ...item("a"), output: 1 }], metrics: ["exact"] }, "cases.0.output"],
    [
      "a long output",
      { cases: [item("a", letters(EVAL_LIMITS.max_text_chars + 1))], metrics: ["exact"] },
      "cases.0.output",
    ],
    ["an empty list as expected", one("exact", []), "cases.0.expected"],
    ["a list with a schema in it", one("exact", ["a", {}]), "cases.0.expected"],
    [
      "too many references",
      one(
        "exact",
        Array.from({ length: 21 }, () => "a"),
      ),
      "cases.0.expected",
    ],
    ["a list of patterns", one("regex", ["a", "b"]), "cases.0.expected"],
    ["a number among texts", one("exact", ["a", 1]), "cases.0.expected"],
    ["a text among numbers", one("numeric", [1, "one"]), "cases.0.expected"],
    ["an unknown extraction", one({ metric: "exact", extract: "yaml" }, "a"), "metrics.0.extract"],
    [
      "a pattern of extraction that grows",
      one({ metric: "exact", extract: { pattern: "((a{9}){9}){90}" } }, "a"),
      "metrics.0.extract.pattern",
    ],
    [
      "a baseline of one case alone",
      { cases: [{ ...item("a"), baseline: "b" }, item("b")], metrics: ["exact"] },
      "cases.1.baseline",
    ],
    ["no metrics", { cases: [item("a")] }, "metrics"],
    ["an empty list of metrics", { cases: [item("a")], metrics: [] }, "metrics"],
    ["a metric that nobody knows", one("vibes", "a"), "metrics.0"],
    ["a metric that nobody knows, with options", one({ metric: "vibes" }, "a"), "metrics.0.metric"],
    ["an option of another metric", one({ metric: "exact", order: 2 }, "a"), "metrics.0"],
    ["an order of five", one({ metric: "bleu", order: 5 }, "a"), "metrics.0.order"],
    ["a negative tolerance", one({ metric: "numeric", absolute: -1 }, 1), "metrics.0.absolute"],
    ["a flag that nobody knows", one({ metric: "regex", flags: "g" }, "a"), "metrics.0.flags"],
    ["a flag twice", one({ metric: "regex", flags: "ii" }, "a"), "metrics.0.flags"],
    ["a metric twice", { cases: [item("a")], metrics: ["exact", "exact"] }, "metrics.1"],
    [
      "a label twice",
      { cases: [item("a")], metrics: ["exact", { metric: "bleu", label: "exact" }] },
      "metrics.1.label",
    ],
    ["a label of capitals", one({ metric: "exact", label: "Exact" }, "a"), "metrics.0.label"],
    ["a threshold above one", { cases: [item("a")], metrics: ["exact"], threshold: 1.1 }, "threshold"],
    ["nothing expected where a metric needs it", one("exact"), "cases.0.expected"],
    ["a number for a text metric", one("exact", 1), "cases.0.expected"],
    ["a schema for a text metric", one("bleu", {}), "cases.0.expected"],
    ["a text that is no number", one("numeric", "1,000"), "cases.0.expected"],
    ["a text for a schema", one("json_schema", "{}"), "cases.0.expected"],
    ["nothing to be contained", one("contains", ""), "cases.0.expected"],
    ["an empty pattern", one("regex", ""), "cases.0.expected"],
    ["a long pattern", one("regex", letters(EVAL_LIMITS.max_pattern_chars + 1)), "cases.0.expected"],
    ["a pattern that repeats too much", one("regex", "(abc){900}"), "cases.0.expected"],
    ["a metric's pattern that does so", one({ metric: "regex", pattern: "(abc){900}" }), "metrics.0.pattern"],
    ["a deep schema", one("json_schema", deep(EVAL_LIMITS.max_schema_depth)), "cases.0.expected"],
    ["a large schema", one("json_schema", wide(EVAL_LIMITS.max_schema_nodes)), "cases.0.expected"],
    [
      "a metric's schema that is large",
      one({ metric: "json_schema", schema: wide(EVAL_LIMITS.max_schema_nodes) }),
      "metrics.0.schema",
    ],
    [
      "texts too long to compare",
      { cases: [item("a"), item("b", letters(20_000), letters(10_001))], metrics: ["levenshtein"] },
      "cases.1.output",
    ],
    [
      "texts too long to count so often",
      {
        cases: [item("a"), item("b", letters(130_000), letters(100_000))],
        metrics: [1, 2, 3, 4].map((at) => ({ metric: "chrf", label: `m${at}` })),
      },
      "cases.1.output",
    ],
    [
      "texts of too many words",
      { cases: [item("a", "a ".repeat(20_000), "a ".repeat(10_001))], metrics: ["rouge_l"] },
      "cases.0.output",
    ],
    [
      "too much to match",
      { cases: [item("a", letters(10_000))], metrics: [{ metric: "regex", pattern: "(ab){400}" }] },
      "cases.0.output",
    ],
    [
      "too many schemas",
      { cases: many(6).map((other) => ({ ...other, expected: wide(1_900) })), metrics: ["json_schema"] },
      "cases.5.expected",
    ],
  ])("%s is refused with the path to it", (_, inputs, path) => {
    expect(refusals(inputs)).toContain(path);
  });

  test("each metric is taken by its name alone, and comes with its defaults", () => {
    const expected = { json_schema: {}, numeric: 1 } as Readonly<Record<string, unknown>>;
    for (const name of METRIC_NAMES) {
      const { metrics } = evalOffer.inputs.parse(one(name, expected[name] ?? "a"));
      expect(metrics).toEqual([expect.objectContaining({ metric: name })]);
    }
  });

  test("the schema says that a metric is a name or an object", () => {
    const schema = z.toJSONSchema(evalOffer.inputs, { io: "input" });
    expect(JSON.stringify(schema)).toContain(
      `"oneOf":[{"type":"string","enum":${JSON.stringify(METRIC_NAMES)}},{"type":"object"`,
    );
  });
});

describe("the measures", () => {
  test.each([
    "a",
    "(a|b|)*",
    "a{0,900}b",
    "((x{10}){10}){10}",
    "[[:alpha:](]{3}",
    "[]a]{10}",
    "[^]x]{5}",
    "\\Qab{9}\\E",
    "\\pL{7}",
    "\\p{Greek}{7}",
    "\\x{41}{5}",
    "(?P<n>a+?){2,4}",
    "(){1000}",
    "(((a{3,7}?b)*){4})+",
    "(?i)straße",
    "a{30}(?i){4,}",
    "a{30}\\Q\\E{9}",
    "^*$*",
    "|a|",
    "[+-[:^word:](a{9}){9}",
    "[\\pL-[:alpha:]](a{9}){9}",
    "x{2,}\\{3}",
  ])("RE2 expands %s to no more instructions than were foreseen", (pattern) =>
    expect(patternSize(pattern).instructions).toBeGreaterThanOrEqual(RE2JS.compile(pattern).programSize()),
  );

  test("a range of a class counts by what it covers, which folding cases makes costly", () => {
    expect(patternSize("(?i)[b-\\x{10ffff}]").tables).toBe(1_114);
    expect(patternSize("[\\u{4e00}-\\u{9fff}a-z]").tables).toBe(20);
    expect(patternSize("[\\d-z]").tables).toBe(0);
  });

  test("RE2 expands no pattern to more instructions than were foreseen", () => {
    const pieces = String.raw`a ( ) [ ] ^ | * + ? {3} {2,5} {4,} {30} \ \Q \E \d \pL \P [:alpha:] [: :] - . \x{41} \x41 { } (?: (?i) 9 $ \z`;
    const piece = fc.constantFrom(...pieces.split(" "));
    const pattern = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(pattern, (text) => {
        let compiled: RE2JS;
        try {
          compiled = RE2JS.compile(text);
        } catch {
          return;
        }
        expect(patternSize(text).instructions).toBeGreaterThanOrEqual(compiled.programSize());
      }),
      { numRuns: 5_000, seed: 7 },
    );
  });

  test.each<[string, string, number]>([
    ["998 characters", `[${"ab".repeat(499)}]`, 249],
    ["as many that nothing ends", `[${"ab".repeat(499)}`, 249],
    ["names that nothing ends", `[${"[:".repeat(499)}`, 249],
    ["a few", "[a-z0-9_]", 0],
    ["Unicode classes", String.raw`[\p{L}\p{N}]\pM`, 150],
  ])("a class of %s counts for what its table takes to build", (_, pattern, tables) => {
    expect(patternSize(pattern).tables).toBe(tables);
  });

  test("words are counted as they are found", () => {
    const piece = fc.constantFrom(..."aZ09_ -.,é日😀\u0301\u0130ǅ٣ \n".split(""), "😀", "𝒳");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        expect(countWords(text)).toBe(wordsOf(text).length);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  test("nodes and levels of JSON are counted, however deep it is", () => {
    expect(jsonSize({ a: [1, { b: null }] })).toEqual({ nodes: 5, depth: 4 });
    expect(jsonSize(JSON.parse("[".repeat(50_000) + "]".repeat(50_000)))).toEqual({ nodes: 50_000, depth: 50_000 });
  });
});
