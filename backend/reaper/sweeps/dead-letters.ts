import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { DeadLetters } from "#core/ports/queue.ts";

export interface DeadLetterSweepDeps {
  /** Undefined: the environment names no such queue. */
  readonly dead_letters: DeadLetters | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** How many there were at the last look. */
export interface DeadLettersSeen {
  count: number;
}

/** Counts them and touches none: they are evidence, and the run is decided by its attempts. */
export async function sweepDeadLetters(deps: DeadLetterSweepDeps, seen: DeadLettersSeen): Promise<void> {
  if (deps.dead_letters === undefined) return;
  const count = await deps.dead_letters.count();
  deps.metrics.gauge("dead_letters", count);
  if (count > seen.count) deps.log.error("CRITICAL: the queue gave up on messages; see `dpp dlq list`", { count });
  seen.count = count;
}
