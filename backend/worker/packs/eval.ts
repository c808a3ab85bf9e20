import { type EvalInputs, evalOffer } from "#core/domain/packs/eval.ts";
import { resultOf } from "./isolation/result-of.ts";
import { createOutcomePool } from "./isolation/outcome-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import type { Pack } from "./pack.ts";

/** What a run may count and compare is limited before it, and a scoring within those limits keeps well below that. */
const MEMORY = { heap_mb: 384, resident_mb: 800 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./eval/score-process.ts" : "./eval/score-process.js",
  import.meta.url,
);

/** The processes in which it works. */
export const evalPool = (limits?: PoolLimits) => createOutcomePool<EvalInputs>("eval", SCRIPT, MEMORY, limits);

/** The `eval` pack: a pure function of its inputs, worked out in a process that ends with the signal. */
export function evalPack(isolated = evalPool()): Pack<EvalInputs> {
  return {
    offer: evalOffer,
    run: async (inputs, context) => resultOf(await isolated(inputs, context), "the scoring"),
  };
}
