import { z } from "zod";
import { recordUpTo, textUpTo } from "../bounded.ts";
import { EVAL_LIMITS } from "./eval-limits.ts";

export const METRIC_NAMES = [
  "exact",
  "contains",
  "contains_any",
  "contains_all",
  "regex",
  "numeric",
  "json_schema",
  "levenshtein",
  "token_f1",
  "rouge_1",
  "rouge_2",
  "rouge_l",
  "bleu",
  "chrf",
  "model_graded",
] as const;

const NAMES: ReadonlySet<unknown> = new Set(METRIC_NAMES);

export const MAX_LABEL_CHARS = 40;
export const LABEL_PATTERN = /^[a-z][a-z0-9_]{0,39}$/;
const LABEL = `must be up to ${MAX_LABEL_CHARS} lower-case letters, digits and underscores, a letter first`;
const FLAGS = "must be made of i, m and s, each at most once";

const extract = z
  .union([
    z.enum(["number", "json", "code", "last_line"]),
    z.strictObject({
      pattern: textUpTo(EVAL_LIMITS.max_pattern_chars).min(1).describe("RE2's syntax; its first match counts."),
      group: z
        .int()
        .min(0)
        .max(20)
        .optional()
        .describe("Which group; the first if there is one, else the whole match."),
    }),
  ])
  .optional()
  .describe(
    "What of the output is judged. number: the last number in it, without its currency, percent sign and thousands marks; json: " +
      "the first object or array, or the whole; code: what stands in the first fence; last_line: the last line that is not " +
      "empty; or what a pattern matches. Without a match the score is 0. Left out, the whole output is judged.",
  );

const tokenize = z
  .enum(["words", "char"])
  .optional()
  .describe("char: every letter and digit is a token, for texts without spaces; words if left out.");

const common = {
  extract,
  label: textUpTo(MAX_LABEL_CHARS, LABEL)
    .regex(LABEL_PATTERN, LABEL)
    .optional()
    .describe("The name of this metric in the result. Default: the metric. Needed if one metric is used twice."),
  threshold: z.number().min(0).max(1).optional().describe("Takes the place of the run's threshold for this metric."),
};

const textual = {
  ...common,
  ignore_case: z.boolean().default(false).describe("Compare with case folded: `STRASSE` is `straße`."),
  normalize: z
    .enum(["NFC", "NFKC"])
    .optional()
    .describe("Unicode's form in which both are compared, so that an accent is the same however it is written."),
  whitespace: z
    .enum(["keep", "trim", "collapse"])
    .default("keep")
    .describe("trim: without white space at both ends; collapse: and each run of it inside is one space."),
};

const pattern = textUpTo(EVAL_LIMITS.max_pattern_chars).min(1);
const schema = z.union([z.boolean(), recordUpTo(EVAL_LIMITS.max_schema_nodes, z.string(), z.unknown())]);

const metricObject = z.discriminatedUnion(
  "metric",
  [
    z.strictObject({ metric: z.literal("exact").describe("1 if the output is the expected text."), ...textual }),
    z.strictObject({
      metric: z.literal("contains").describe("1 if the output has the expected text in it."),
      ...textual,
    }),
    z.strictObject({
      metric: z.literal("contains_any").describe("1 if the output has any of the expected texts in it."),
      ...textual,
    }),
    z.strictObject({
      metric: z.literal("contains_all").describe("Share of the expected texts that the output has in it."),
      ...textual,
    }),
    z.strictObject({
      metric: z.literal("regex").describe("1 if the pattern matches. RE2's syntax: no look-around, no back-reference."),
      ...common,
      pattern: pattern.optional().describe("One pattern for all cases; without it `expected` is each case's pattern."),
      flags: textUpTo("ims".length, FLAGS)
        .regex(/^[ims]{0,3}$/, FLAGS)
        .refine((flags) => new Set(flags).size === flags.length, FLAGS)
        .default("")
        .describe("i: ignore case; m: ^ and $ match at lines; s: the dot matches line ends."),
      full_match: z.boolean().default(false).describe("The pattern must match the whole output."),
    }),
    z.strictObject({
      metric: z
        .literal("numeric")
        .describe("1 if the output is a number as JSON writes it, white space around it aside, within the tolerance."),
      ...common,
      absolute: z.number().min(0).default(0).describe("Largest difference."),
      relative: z
        .number()
        .min(0)
        .max(1)
        .default(1e-9)
        .describe("Largest difference as a share of the expected number; the larger of both tolerances counts."),
    }),
    z.strictObject({
      metric: z
        .literal("json_schema")
        .describe(
          "1 if the output is JSON that is valid by the schema: draft 2020-12, or 2019-09, -07, -06 or -04 where `$schema` " +
            "says so. Unknown keywords are notes. References within the schema only; patterns are RE2's.",
        ),
      ...common,
      assert_formats: z
        .boolean()
        .optional()
        .describe(
          "Whether `format` asserts what JSON Schema defines of it; false if left out, as the standard has it. A text of over " +
            `8,192 characters is of no format; regex is RE2's, of up to ${EVAL_LIMITS.max_pattern_instructions} instructions.`,
        ),
      schema: schema.optional().describe("One schema for all cases; without it `expected` is each case's schema."),
    }),
    z.strictObject({
      metric: z.literal("levenshtein").describe("1 - edit distance / length of the longer text, in code points."),
      ...textual,
    }),
    z.strictObject({
      metric: z
        .literal("token_f1")
        .describe("F1 of shared tokens as SQuAD's evaluation takes it: lower case, no punctuation, no articles."),
      ...common,
      tokenize,
    }),
    z.strictObject({
      metric: z.literal("rouge_1").describe("F1 of shared words (Lin 2004, ROUGE-1), lower case, unstemmed."),
      ...common,
      tokenize,
    }),
    z.strictObject({
      metric: z.literal("rouge_2").describe("F1 of shared pairs of words (Lin 2004, ROUGE-2), lower case, unstemmed."),
      ...common,
      tokenize,
    }),
    z.strictObject({
      metric: z
        .literal("rouge_l")
        .describe(
          "F1 of the longest common subsequence of words (Lin 2004, sentence level, beta 1), lower case, unstemmed.",
        ),
      ...common,
      tokenize,
    }),
    z.strictObject({
      metric: z
        .literal("bleu")
        .describe(
          "Sentence BLEU against all references of a case; n-gram orders longer than the output are left out. The BLEU of the " +
            "whole corpus is in the metric's summary.",
        ),
      ...common,
      order: z.int().min(1).max(4).default(4).describe("Longest n-grams."),
      smoothing: z
        .enum(["method1", "none"])
        .default("method1")
        .describe("method1 of Chen and Cherry 2014: 0.1 for an order without a match. none: such a text scores 0."),
      tokenize: z
        .enum(["13a", "whitespace", "char"])
        .default("13a")
        .describe("13a: as mteval-v13a and sacreBLEU do; char: every character but white space is a token."),
      ignore_case: z.boolean().default(false).describe("Compare with case folded."),
    }),
    z.strictObject({
      metric: z
        .literal("chrf")
        .describe("chrF of sacreBLEU: F-score of runs of up to six characters, white space left out, beta 2."),
      ...common,
      ignore_case: z.boolean().default(false).describe("Compare with case folded."),
    }),
    z.strictObject({
      metric: z
        .literal("model_graded")
        .describe(
          `How far the output meets a rubric, as a model finds, with its reason in the notes. Of up to ${EVAL_LIMITS.max_run_graded} ` +
            "outputs; only where the service has a model, and another time its score may be another.",
        ),
      ...common,
      rubric: textUpTo(EVAL_LIMITS.max_rubric_chars)
        .regex(/\S/, "must not be empty or only white space")
        .optional()
        .describe(
          "One rubric for all cases, who may say in `expected` what is right; without it that is each case's rubric.",
        ),
    }),
  ],
  {
    error: ({ input }) =>
      typeof input === "object" && input !== null
        ? `is not a known metric; there are: ${METRIC_NAMES.join(", ")}`
        : `must be an object with \`metric\`, or one of: ${METRIC_NAMES.join(", ")}`,
  },
);

const { oneOf = [] } = z.toJSONSchema(metricObject, { io: "input" });

/** A metric by its name alone, with every default, or as an object with its options. */
export const evalMetric = z
  .preprocess((value) => (NAMES.has(value) ? { metric: value } : value), metricObject)
  .meta({ oneOf: [{ type: "string", enum: [...METRIC_NAMES] }, ...oneOf] });

export type EvalMetric = z.output<typeof metricObject>;
export type MetricOf<Name extends EvalMetric["metric"]> = Extract<EvalMetric, { metric: Name }>;
