import type { EvalCase } from "#core/domain/packs/eval-checks.ts";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { jsonSize } from "#core/domain/packs/eval-measure.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { wouldRead } from "./extract.ts";
import type { Meter } from "./meter.ts";
import { createSchemaCompiler } from "./schema-compiler.ts";
import type { ChoosyScorer, Scored } from "./scorer.ts";

/** Levels of an output that validation, which recurs, is let into. */
const MAX_JSON_DEPTH = 128;

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Each output is checked against its own case's schema, or the metric's; `at` is the metric's index, `meter` the run's. */
export function jsonSchema(metric: MetricOf<"json_schema">, at: number, meter: Meter): ChoosyScorer {
  const compile = createSchemaCompiler(meter, metric.assert_formats === true);
  const pointerTo = (index: number): string =>
    metric.schema === undefined ? `/inputs/cases/${index}/expected` : `/inputs/metrics/${at}/schema`;
  const validatorFor = (item: EvalCase, index: number) => compile(metric.schema ?? item.expected, pointerTo(index));
  const score = (item: EvalCase, index: number): Scored => {
    const pointer = pointerTo(index);
    const validate = validatorFor(item, index);
    const json = parsed(item.output);
    if (json === undefined) return { score: 0, note: `not JSON${wouldRead(item.output, "json")}` };
    if (jsonSize(json.value).depth > MAX_JSON_DEPTH)
      return { score: 0, note: `nested in over ${MAX_JSON_DEPTH} levels` };
    meter.begin(pointer);
    try {
      const error = validate.errorOf(json.value);
      if (error === undefined) return { score: 1 };
      const where = error.instance === "" ? "the output" : error.instance;
      return { score: 0, note: `${where} fails ${error.keyword}`.slice(-EVAL_LIMITS.max_note_chars) };
    } catch (error) {
      // A reference that unfolds without end may fill the stack before the meter is full.
      if (error instanceof RangeError) throw meter.tooCostly();
      throw error;
    }
  };
  return { prepare: validatorFor, score };
}
