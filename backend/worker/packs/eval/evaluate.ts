import type { PackOutcome } from "#core/domain/pack.ts";
import { type EvalInputs, evalUnits } from "#core/domain/packs/eval.ts";
import { type Grades, gradingsOf } from "./grades.ts";
import { checkInputs, score } from "./score.ts";
import { decimal, millionths } from "./statistics.ts";

/** What a model said of the outputs, and used for it. */
export interface Graded {
  readonly model: string;
  readonly tokens: number;
  readonly grades: Grades;
}

/** `gradings`: what a model is to grade, before any of it is scored. */
export type EvalErrand =
  | { readonly kind: "gradings"; readonly inputs: EvalInputs }
  | { readonly kind: "scores"; readonly inputs: EvalInputs; readonly graded?: Graded };

/** What a model is to grade, as data; or what is refused without that, for then no model is asked. */
function prepareGradings(inputs: EvalInputs): PackOutcome {
  const rejection = checkInputs(inputs);
  if (rejection !== undefined) return { ...rejection, kind: "input_rejected" };
  return { kind: "done", data: gradingsOf(inputs), artifacts: [], units: {}, reliability: 1 };
}

/** The whole work of the pack. A pure function of its inputs, and of what a model said; it may take seconds of a processor. */
export function evaluate(inputs: EvalInputs, graded?: Graded): PackOutcome {
  const scoring = score(inputs, graded?.grades);
  if (scoring.kind === "rejected") {
    const { scored, reason_code, detail } = scoring;
    return { kind: scored ? "pack_failed" : "input_rejected", reason_code, detail };
  }
  const { low, high } = scoring.report.overall.pass_rate_95;
  return {
    kind: "done",
    data: graded === undefined ? scoring.report : { ...scoring.report, model: graded.model },
    artifacts: [],
    units: evalUnits(inputs, graded?.tokens),
    reliability: decimal(millionths(1 - (high - low))),
  };
}

export const workOn = (errand: EvalErrand): PackOutcome =>
  errand.kind === "gradings" ? prepareGradings(errand.inputs) : evaluate(errand.inputs, errand.graded);
