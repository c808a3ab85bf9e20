import { type EvalInputs, evalOffer, evalUnits } from "#core/domain/packs/eval.ts";
import { createScore } from "./eval/scoring-thread.ts";
import { decimal, millionths } from "./eval/statistics.ts";
import type { Pack } from "./pack.ts";

/** The `eval` pack: a pure function of its inputs, worked out in a thread that ends with the signal. */
export function evalPack(score = createScore()): Pack<EvalInputs> {
  return {
    offer: evalOffer,
    async run(inputs, { signal }) {
      const scoring = await score(inputs, signal);
      if (scoring.kind === "rejected") return { ...scoring, kind: "input_rejected" };
      const { low, high } = scoring.report.overall.pass_rate_95;
      return {
        kind: "done",
        data: scoring.report,
        artifacts: [],
        units: evalUnits(inputs),
        reliability: decimal(millionths(1 - (high - low))),
      };
    },
  };
}
