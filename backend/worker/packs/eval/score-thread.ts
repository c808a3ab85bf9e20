import { parentPort, workerData } from "node:worker_threads";
import type { EvalInputs } from "#core/domain/packs/eval.ts";
import { score } from "./score.ts";

// What a thread is given is what its parent, a pack, has parsed.
parentPort?.postMessage(score(workerData as EvalInputs), []);
