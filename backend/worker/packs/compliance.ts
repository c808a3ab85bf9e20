import { type ComplianceInputs, complianceOffer, complianceUnits } from "#core/domain/packs/compliance.ts";
import { inspect, type Inspection } from "./compliance/inspect.ts";
import { answerOf } from "./isolation/answer-of.ts";
import { createProcessPool, type Isolated } from "./isolation/process-pool.ts";
import { startWorkProcess } from "./isolation/work-process.ts";
import type { Pack } from "./pack.ts";

/** A text that is no longer is searched here, within milliseconds. */
const MAX_CHARS_HERE = 2_000;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./compliance/inspect-process.ts" : "./compliance/inspect-process.js",
  import.meta.url,
);

const createInspector = (): Isolated<ComplianceInputs, Inspection> =>
  createProcessPool(() => startWorkProcess<ComplianceInputs, Inspection>(SCRIPT, MEMORY));

/** The `compliance` pack: a pure function of its inputs, worked out in a process where it would keep others waiting. */
export function compliancePack(isolated = createInspector()): Pack<ComplianceInputs> {
  return {
    offer: complianceOffer,
    async run(inputs, { signal }) {
      signal.throwIfAborted();
      const here = inputs.text.length <= MAX_CHARS_HERE;
      const { report, listed, total } = here ? inspect(inputs) : answerOf(await isolated(inputs, signal), "the search");
      return {
        kind: "done",
        data: report,
        artifacts: [],
        units: complianceUnits(inputs.text),
        reliability: total === 0 ? 1 : listed / total,
      };
    },
  };
}
