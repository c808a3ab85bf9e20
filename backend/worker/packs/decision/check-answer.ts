import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { createProcessPool, type Isolated, type PoolLimits } from "../isolation/process-pool.ts";
import type { Asker } from "../isolation/turn.ts";
import { startWorkProcess } from "../isolation/work-process.ts";
import { UNREADABLE, type Verdict } from "../model/completion.ts";
import { accept, type Filling } from "./model.ts";

/** A model's answer that is no longer is parsed and validated here. */
const MAX_CHARS_HERE = 2_048;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./accept-process.ts" : "./accept-process.js",
  import.meta.url,
);

type Judged = Verdict<DecisionInputs>;

export const answerPool = (limits?: PoolLimits): Isolated<Filling, Judged> =>
  createProcessPool("model-answer", () => startWorkProcess(SCRIPT, MEMORY), limits);

/** Checks a model's answer, in a process where it would keep others waiting. */
export function answerChecker(isolated = answerPool()) {
  return async (answer: Filling, asker: Asker): Promise<Judged> => {
    if (answer.text.length <= MAX_CHARS_HERE) return accept(answer);
    const checked = await isolated(answer, asker);
    return checked.kind === "ok" ? checked.result : UNREADABLE;
  };
}
