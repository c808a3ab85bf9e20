import { type EvalInputs, evalOffer, evalUnits } from "#core/domain/packs/eval.ts";
import type { Scoring } from "./eval/score.ts";
import { decimal, millionths } from "./eval/statistics.ts";
import { answerOf } from "./isolation/answer-of.ts";
import { createProcessPool, type Isolated } from "./isolation/process-pool.ts";
import { startWorkProcess } from "./isolation/work-process.ts";
import type { Pack } from "./pack.ts";

/** The limits of the inputs keep a scoring well below that. */
const MEMORY = { heap_mb: 384, resident_mb: 800 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./eval/score-process.ts" : "./eval/score-process.js",
  import.meta.url,
);

const createScorer = (): Isolated<EvalInputs, Scoring> =>
  createProcessPool(() => startWorkProcess<EvalInputs, Scoring>(SCRIPT, MEMORY));

/** The `eval` pack: a pure function of its inputs, worked out in a process that ends with the signal. */
export function evalPack(score = createScorer()): Pack<EvalInputs> {
  return {
    offer: evalOffer,
    async run(inputs, { signal }) {
      const scoring = answerOf(await score(inputs, signal), "the scoring");
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
