import { z } from "zod";
import { lineUpTo, listUpTo, recordUpTo, textUpTo } from "../bounded.ts";
import { type Micros, micros } from "../money.ts";
import type { Estimate, PackOffer, Units } from "../pack.ts";
import { checkEval, gradedOf, referencesOf } from "./eval-checks.ts";
import { evalData } from "./eval-data.ts";
import { EVAL_LIMITS } from "./eval-limits.ts";
import { evalMetric } from "./eval-metrics.ts";
import { gradingMessages } from "./eval-prompt.ts";
import {
  jsonBytes,
  kilotokens,
  leastAnswerTokens,
  type Message,
  MODEL_PRICE,
  mostTokens,
  promptTokens,
  tokensWithin,
} from "./model.ts";

const ID = /^[^\s\p{Cc}](?:[^\p{Cc}\u2028\u2029]*[^\s\p{Cc}])?$/u;

const text = textUpTo(EVAL_LIMITS.max_text_chars);

const references = listUpTo(
  EVAL_LIMITS.max_references,
  z.union([text, z.number()]),
  `must be at most ${EVAL_LIMITS.max_references} texts or numbers`,
);

const evalCase = z.strictObject({
  id: textUpTo(EVAL_LIMITS.max_id_chars)
    .min(1, { abort: true })
    .regex(ID, "must be one line without space at either end")
    .meta({
      description: "The caller's own name for the case; unique.",
      pattern: lineUpTo(EVAL_LIMITS.max_id_chars),
    }),
  output: text.describe("What is judged."),
  baseline: text
    .optional()
    .describe(
      "What another system said to the same. Given with every case, the two systems are compared; it counts as a case.",
    ),
  expected: z
    .union(
      [text, z.number(), z.boolean(), references, recordUpTo(EVAL_LIMITS.max_schema_nodes, z.string(), z.unknown())],
      {
        error: `must be a text of at most ${EVAL_LIMITS.max_text_chars} characters, a number, a list of them, or a JSON Schema`,
      },
    )
    .optional()
    .describe(
      "What it should be: a text; a pattern for regex; a number or its text for numeric; a schema for json_schema. Of a list " +
        `of up to ${EVAL_LIMITS.max_references} texts or numbers the best counts; contains_any and contains_all look for each. ` +
        "Every metric must be able to use it, those with a pattern or schema of their own aside.",
    ),
});

const fields = z.strictObject({
  cases: listUpTo(EVAL_LIMITS.max_cases, evalCase, `must be at most ${EVAL_LIMITS.max_cases} cases`)
    .min(1, "must have a case in it")
    .describe("Outputs and what was expected of each."),
  metrics: listUpTo(EVAL_LIMITS.max_metrics, evalMetric, `must be at most ${EVAL_LIMITS.max_metrics} metrics`)
    .min(1, "must have a metric in it")
    .describe("Each is a name, or an object with options; each scores each case."),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("A score of at least this passes; scores and thresholds are compared as rounded to six decimals."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe(
      "Of the resampling by which two systems are compared; 0 if left out. The same seed gives the same result.",
    ),
});

const inputs = fields.superRefine((value, context) => {
  checkEval(value.cases, value.metrics, (path, message) =>
    context.addIssue({ code: "custom", path, message, input: value }),
  );
});

export type EvalInputs = z.output<typeof inputs>;

/** Units of an evaluation: the base, and every output, baselines too, under every metric; and what a model used. */
export function evalUnits(value: EvalInputs, tokens?: number): Units {
  const outputs = value.cases.reduce((sum, { baseline }) => sum + (baseline === undefined ? 1 : 2), 0);
  const model = tokens === undefined ? {} : { model_kilotoken: kilotokens(tokens) };
  return { base: 1, case_metric: outputs * value.metrics.length, ...model };
}

/** How many tokens of a model the cap covers beside the scoring. */
export const evalTokensWithin = (value: EvalInputs, cap: Micros): number =>
  tokensWithin(evalOffer.prices, cap, evalUnits(value));

type Graded = ReturnType<typeof gradedOf>[number];

/** How a model is asked to grade an output, where nothing is taken out of it first. */
function grading({ text, expected, metric }: Graded): readonly Message[] {
  const references = referencesOf({ expected }).map(String);
  if (metric.rubric === undefined) return gradingMessages({ rubric: references.join(""), output: text });
  const has_expected = references.length > 0;
  return gradingMessages({ rubric: metric.rubric, output: text, ...(has_expected ? { expected: references } : {}) });
}

function estimateOf(value: EvalInputs): Estimate {
  const { max_grade_tokens } = EVAL_LIMITS;
  const graded = gradedOf(value);
  if (graded.length === 0) return { units: evalUnits(value), exact: true };
  let [least, most] = [0, 0];
  for (const one of graded) {
    const prompt = grading(one);
    most += mostTokens(jsonBytes(prompt), max_grade_tokens);
    // What is taken out of an output may be short, or nothing: then it is not graded.
    if (one.metric.extract === undefined) least += promptTokens(prompt);
  }
  if (least > 0) least += leastAnswerTokens(max_grade_tokens);
  return {
    units: evalUnits(value, least),
    likely: { model_kilotoken: kilotokens(least) },
    most_units: evalUnits(value, most),
    exact: false,
    needs_model: true,
  };
}

export const evalOffer: PackOffer<EvalInputs> = {
  type: "eval",
  version: "1.2.0",
  title: "Eval",
  summary:
    "Scores outputs against what was expected, 0 to 1, by exact, contains, contains_any, contains_all, regex, numeric, " +
    "json_schema, levenshtein, token_f1, rouge_1, rouge_2, rouge_l, bleu and chrf, or by a rubric and a model (model_graded); a number, JSON, code or what a pattern " +
    "matches may be taken out of the output first. For each metric and overall: mean, median, min, and pass rate with a 95% " +
    "Wilson interval; two systems are compared by a paired bootstrap. A case passes overall when it passes every metric. Six " +
    "decimals.",
  inputs,
  data: evalData,
  prices: {
    base: { unit_micros: micros(2_000), per: "run" },
    case_metric: { unit_micros: micros(100), per: "case and metric" },
    model_kilotoken: MODEL_PRICE,
  },
  reliability:
    "1 - width of the 95% Wilson interval of the overall pass rate: how exactly so many cases measure it. The scores " +
    "themselves are exact whatever it is.",
  examples: [
    {
      title: "Answers against expected ones",
      inputs: {
        cases: [
          { id: "capital", output: "The capital of France is Paris.", expected: "Paris" },
          { id: "painter", output: "Leonardo da Vinci", expected: "leonardo da vinci" },
        ],
        metrics: [
          { metric: "contains", ignore_case: true, whitespace: "collapse" },
          { metric: "token_f1", threshold: 0.25 },
        ],
        threshold: 0.5,
      },
    },
    {
      title: "Two systems compared, by the number in each answer",
      inputs: {
        cases: [
          { id: "sum", output: "The total is $29.00.", baseline: "It is about 30.", expected: 29 },
          { id: "share", output: "So 42 of 100.", baseline: "So 42 of 100.", expected: 42 },
        ],
        metrics: [{ metric: "numeric", extract: "number", absolute: 0.5, relative: 0 }],
        threshold: 0.5,
      },
    },
    {
      title: "JSON by a schema, taken out of a code fence",
      inputs: {
        cases: [
          {
            id: "order",
            output: '```json\n{"sku": "A-1", "quantity": 2}\n```',
            expected: { type: "object", required: ["sku", "quantity"], properties: { quantity: { type: "integer" } } },
          },
        ],
        metrics: [{ metric: "json_schema", extract: "json" }],
        threshold: 0.5,
      },
    },
  ],
  estimate: estimateOf,
};
