import type { PackOutcome } from "#core/domain/pack.ts";
import { WrittenJson } from "#core/domain/written-json.ts";
import { createProcessPool, type Isolated, POOL_LIMITS } from "./process-pool.ts";
import type { SentOutcome } from "./serve-outcomes.ts";
import { type Attempt, startWorkProcess, type MemoryLimits, type WorkProcess } from "./work-process.ts";

/** The outcome as the pack's process sent it; what was written there is not read here. */
export function received(attempt: Attempt<SentOutcome>): Attempt<PackOutcome> {
  if (attempt.kind !== "ok") return attempt;
  const { result } = attempt;
  if (result.kind !== "done") return { kind: "ok", result };
  return { kind: "ok", result: { ...result, data: new WrittenJson(result.data) } };
}

/** A pool of processes whose script serves outcomes of a pack, after which it is named. */
export function createOutcomePool<Request extends object>(
  pack_type: string,
  script: URL,
  memory: MemoryLimits,
  limits = POOL_LIMITS,
): Isolated<Request, PackOutcome> {
  const start = (): WorkProcess<Request, SentOutcome> => startWorkProcess(script, memory);
  const attempt = createProcessPool(pack_type, start, limits);
  return async (...asked) => received(await attempt(...asked));
}
