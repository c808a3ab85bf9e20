import { type ComplianceInputs, complianceOffer } from "#core/domain/packs/compliance.ts";
import { inspect } from "./compliance/inspect.ts";
import { resultOf } from "./isolation/result-of.ts";
import { createOutcomePool } from "./isolation/outcome-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import type { Pack } from "./pack.ts";

/** A text that is no longer is searched here, within milliseconds, unless the caller has patterns to compile. */
const MAX_CHARS_HERE = 500;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./compliance/inspect-process.ts" : "./compliance/inspect-process.js",
  import.meta.url,
);

/** The processes in which it works. */
export const compliancePool = (limits?: PoolLimits) =>
  createOutcomePool<ComplianceInputs>("compliance", SCRIPT, MEMORY, limits);

/** The `compliance` pack: a pure function of its inputs, worked out in a process where it would keep others waiting. */
export function compliancePack(isolated = compliancePool()): Pack<ComplianceInputs> {
  return {
    offer: complianceOffer,
    async run(inputs, context) {
      context.signal.throwIfAborted();
      if (inputs.text.length <= MAX_CHARS_HERE && inputs.patterns === undefined) return inspect(inputs);
      return resultOf(await isolated(inputs, context), "the search");
    },
  };
}
