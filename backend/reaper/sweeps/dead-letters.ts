import { decodeSignal } from "#core/domain/message.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { DeadLetter, DeadLetters } from "#core/ports/queue.ts";
import { findStrandedRuns } from "#core/store/postgres/find-stranded-runs.ts";

/** How many are looked at when there are more of them than before. */
const LOOKED_AT = 100;

export interface DeadLetterSweepDeps {
  readonly db: Db;
  /** Undefined: the environment names no such queue. */
  readonly dead_letters: DeadLetters | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** How many there were at the last look, and how many of them were alarming. */
export interface DeadLettersSeen {
  count: number;
  alarming: number;
}

/**
 * Counts them and changes none: they are evidence, and the run is decided by its attempts. Only those are told as
 * CRITICAL that are no signals, or whose run is open and in nobody's hands: a run at work is well without its signal.
 */
export async function sweepDeadLetters(deps: DeadLetterSweepDeps, seen: DeadLettersSeen): Promise<void> {
  if (deps.dead_letters === undefined) return;
  const count = await deps.dead_letters.count();
  deps.metrics.gauge("dead_letters", count);
  if (count === 0) seen.alarming = 0;
  if (count <= seen.count) {
    seen.count = count;
    return;
  }
  const letters = await deps.dead_letters.peek(LOOKED_AT);
  // What was not looked at may be anything.
  const alarming = (await countAlarming(deps, letters)) + Math.max(0, count - LOOKED_AT);
  if (alarming > seen.alarming) {
    deps.log.error("CRITICAL: the queue gave up on messages; see `dpp dlq list`", { count, alarming });
  } else {
    deps.log.info("the queue gave up on signals of runs that are over or at work", { count });
  }
  seen.alarming = alarming;
  // Those that another look holds back meanwhile are looked at in the next round.
  seen.count = letters.length < Math.min(count, LOOKED_AT) ? letters.length : count;
}

async function countAlarming({ db }: DeadLetterSweepDeps, letters: readonly DeadLetter[]): Promise<number> {
  const run_ids = letters.map(({ body }) => decodeSignal(body)?.run_id);
  const signals = run_ids.filter((run_id) => run_id !== undefined);
  const stranded = signals.length === 0 ? new Set() : await findStrandedRuns(db, signals);
  return run_ids.filter((run_id) => run_id === undefined || stranded.has(run_id)).length;
}
