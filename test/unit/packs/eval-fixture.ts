import type { EvalCase } from "#core/domain/packs/eval-checks.ts";
import { evalOffer } from "#core/domain/packs/eval.ts";
import { type EvalReport, score, type Scoring } from "../../../backend/worker/packs/eval/score.ts";

type Expected = EvalCase["expected"];

/** Scores inputs that pass the schema, in this thread. */
export const scoring = (inputs: unknown): Scoring => score(evalOffer.inputs.parse(inputs));

/** The report of inputs that are not rejected. */
export function reportOf(inputs: unknown): EvalReport {
  const outcome = scoring(inputs);
  if (outcome.kind === "rejected") throw new Error(`${outcome.reason_code}: ${outcome.detail}`);
  return outcome.report;
}

/** What one metric gives for one output. */
export function scoreOf(
  metric: string | Readonly<Record<string, unknown>>,
  output: string,
  expected?: Expected,
): number {
  return reportOf({ cases: [{ id: "a", output, expected }], metrics: [metric] }).cases[0]?.score ?? Number.NaN;
}

/** Whether each value, as JSON, fits the schema. */
export function fits(schema: unknown, ...values: readonly unknown[]): boolean[] {
  const cases = values.map((value, index) => ({
    id: `case ${index}`,
    output: JSON.stringify(value),
    expected: schema,
  }));
  return reportOf({ cases, metrics: ["json_schema"] }).cases.map(({ passed }) => passed);
}

/** The rejection of a schema for an output of `1`. */
export function rejectionOf(schema: unknown, output = "1"): Exclude<Scoring, { kind: "scored" }> {
  const outcome = scoring({ cases: [{ id: "a", output, expected: schema }], metrics: ["json_schema"] });
  if (outcome.kind !== "rejected") throw new Error("was not rejected");
  return outcome;
}
