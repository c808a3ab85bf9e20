import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { EvalInputs } from "#core/domain/packs/eval.ts";
import { createSlots } from "../isolation/slots.ts";
import type { Scoring } from "./score.ts";

/** Threads at once, and what each may take; the limits of the inputs keep a scoring well below that. */
const THREAD_LIMITS = {
  threads: Math.min(4, Math.max(2, availableParallelism())),
  resources: { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
};

/** Scores inputs somewhere else. Rejects with the signal's reason when that aborts, and then no longer works on them. */
export type Score = (inputs: EvalInputs, signal: AbortSignal) => Promise<Scoring>;

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./score-thread.ts" : "./score-thread.js", import.meta.url);

async function scoreInThread(inputs: EvalInputs, signal: AbortSignal, limits: typeof THREAD_LIMITS): Promise<Scoring> {
  const { promise, resolve, reject } = Promise.withResolvers<Scoring>();
  const onAbort = () => reject(signal.reason);
  const thread = new Worker(fileURLToPath(SCRIPT), {
    workerData: inputs,
    env: {},
    resourceLimits: limits.resources,
  });
  thread.on("message", (scoring: Scoring) => resolve(scoring));
  thread.on("error", reject);
  thread.on("exit", () => reject(new Error("the scoring thread ended without an answer")));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}

/** Builds a scorer with a thread for each scoring, so many at once: no scoring holds up the event loop of the worker. */
export function createScore(limits = THREAD_LIMITS): Score {
  const slots = createSlots(limits.threads);
  return async (inputs, signal) => {
    await slots.take(signal);
    try {
      signal.throwIfAborted();
      return await scoreInThread(inputs, signal, limits);
    } finally {
      slots.release();
    }
  };
}
