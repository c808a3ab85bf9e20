import { z } from "zod";
import type { EvalInputs } from "#core/domain/packs/eval.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { extractor } from "./extract.ts";
import { expectedText, expectedTexts, type Scorer } from "./scorer.ts";

/** What a model is asked to grade: each an output under a metric, after what is taken out of it. */
export const gradingList = z.array(
  z.strictObject({
    key: z.string(),
    output: z.string(),
    rubric: z.string(),
    /** What a right output is, where a case says so beside the rubric. */
    expected: z.array(z.string()).optional(),
  }),
);
export type Grading = z.output<typeof gradingList>[number];

export interface Grade {
  readonly score: number;
  readonly reason: string;
}

/** The grades of a run by the keys of what was graded. */
export type Grades = Readonly<Record<string, Grade>>;

const keyOf = (at: number, index: number, output: string): string => JSON.stringify([at, index, output]);

type Case = EvalInputs["cases"][number];

function rubricFor(metric: MetricOf<"model_graded">, item: Case): Pick<Grading, "rubric" | "expected"> {
  if (metric.rubric === undefined) return { rubric: expectedText(item) };
  const expected = [...expectedTexts(item)];
  return { rubric: metric.rubric, ...(expected.length === 0 ? {} : { expected }) };
}

/** Everything that a model is to grade, the same output of a case once. Throws `Rejected` for an invalid pattern. */
export function gradingsOf({ cases, metrics }: EvalInputs): readonly Grading[] {
  const gradings = new Map<string, Grading>();
  for (const [at, metric] of metrics.entries()) {
    if (metric.metric !== "model_graded") continue;
    const extract = metric.extract === undefined ? (output: string) => output : extractor(metric.extract, at);
    for (const [index, item] of cases.entries()) {
      for (const text of [item.output, item.baseline]) {
        const output = text === undefined ? undefined : extract(text);
        if (output === undefined) continue;
        const key = keyOf(at, index, output);
        gradings.set(key, { key, output, ...rubricFor(metric, item) });
      }
    }
  }
  return [...gradings.values()];
}

/** Scores by what a model said; `at` is the metric's index. */
export const modelGraded =
  (at: number, grades: Grades): Scorer =>
  (item, index) => {
    const grade = grades[keyOf(at, index, item.output)];
    if (grade === undefined) throw new Error("an output was not graded");
    return { score: grade.score, note: grade.reason };
  };
