import type { PackOutcome } from "#core/domain/pack.ts";
import { type EvalInputs, evalUnits } from "#core/domain/packs/eval.ts";
import { score } from "./score.ts";
import { decimal, millionths } from "./statistics.ts";

/** The whole work of the pack. A pure function of its inputs; it may take seconds of a processor. */
export function evaluate(inputs: EvalInputs): PackOutcome {
  const scoring = score(inputs);
  if (scoring.kind === "rejected") {
    const { scored, reason_code, detail } = scoring;
    return { kind: scored ? "pack_failed" : "input_rejected", reason_code, detail };
  }
  const { low, high } = scoring.report.overall.pass_rate_95;
  return {
    kind: "done",
    data: scoring.report,
    artifacts: [],
    units: evalUnits(inputs),
    reliability: decimal(millionths(1 - (high - low))),
  };
}
