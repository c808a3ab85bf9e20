import { z } from "zod";
import { EVAL_LIMITS } from "./eval-limits.ts";
import { MODEL_LIMITS } from "./model.ts";
import { LABEL_PATTERN, MAX_LABEL_CHARS, METRIC_NAMES } from "./eval-metrics.ts";

const score = z.number().min(0).max(1);
const label = z.string().max(MAX_LABEL_CHARS).regex(LABEL_PATTERN);
const count = z.int().min(0).max(EVAL_LIMITS.max_cases);
const byLabel = <Value extends z.ZodType>(value: Value) =>
  z.record(label, value).meta({ maxProperties: EVAL_LIMITS.max_metrics });

const summary = {
  mean: score.describe("Mean of the scores."),
  median: score.describe("Median of the scores."),
  min: score.describe("The lowest score."),
  passed: count.describe("How many cases passed."),
  pass_rate: score.describe("`passed` as a share of the cases."),
  pass_rate_95: z
    .strictObject({ low: score.describe("Its lower end."), high: score.describe("Its upper end.") })
    .describe("95% Wilson interval of the pass rate."),
};

const difference = z.number().min(-1).max(1);
const compared = {
  mean: score.describe("Mean of the outputs' scores."),
  baseline_mean: score.describe("Mean of the baselines' scores."),
  difference: difference.describe("`mean` less `baseline_mean`."),
  difference_95: z
    .strictObject({ low: difference.describe("Its lower end."), high: difference.describe("Its upper end.") })
    .describe("95% interval of the difference, by the percentiles of the resamples."),
  p_value: score.describe("Two-sided: how often resamples of no difference differ by as much."),
  better: z.enum(["output", "baseline", "neither"]).describe("Which system is better at the level of 5%."),
};
const comparison = z.strictObject({
  resamples: z.int().min(1).describe("How often the cases were drawn again, in pairs."),
  seed: z.int().min(0).describe("As in the inputs."),
  overall: z.strictObject(compared).describe("By the scores of the cases."),
  metrics: z
    .array(z.strictObject({ label: label.describe("The name of the metric in this result."), ...compared }))
    .min(1)
    .max(EVAL_LIMITS.max_metrics)
    .describe("By each metric, in the order of the inputs."),
});

/** The `data` of an evaluation. Scores are rounded to six decimals. */
export const evalData = z.strictObject({
  count: count.min(1).describe("How many cases were scored."),
  threshold: score.describe("As in the inputs."),
  overall: z
    .strictObject(summary)
    .describe("Over the cases: the score of a case is the mean of its metrics; it passes when every metric does."),
  metrics: z
    .array(
      z.strictObject({
        label: label.describe("The name of the metric in this result."),
        metric: z.enum(METRIC_NAMES).describe("The metric."),
        threshold: score.describe("A score of at least this passed."),
        ...summary,
        corpus: score.optional().describe("bleu: BLEU of all cases as one corpus, as sacreBLEU smooths it."),
      }),
    )
    .min(1)
    .max(EVAL_LIMITS.max_metrics)
    .describe("Each metric over the cases, in the order of the inputs."),
  cases: z
    .array(
      z.strictObject({
        id: z.string().max(EVAL_LIMITS.max_id_chars).describe("The case's id."),
        score: score.describe("Mean of its scores."),
        passed: z.boolean().describe("Whether it passed every metric."),
        scores: byLabel(score).describe("Its score by each metric, by label."),
        notes: byLabel(z.string().max(EVAL_LIMITS.max_note_chars))
          .optional()
          .describe("Why a metric gave its score, by label, where the score alone does not say."),
      }),
    )
    .min(1)
    .max(EVAL_LIMITS.max_cases)
    .describe("Each case, in the order of the inputs."),
  model: z
    .string()
    .max(MODEL_LIMITS.max_name_chars)
    .optional()
    .describe("The model that graded, where the metric `model_graded` asked for one."),
  comparison: comparison
    .optional()
    .describe("How the outputs and the baselines differ, where the cases have baselines."),
});
