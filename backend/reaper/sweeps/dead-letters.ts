import { sha256Hex } from "#core/domain/hash.ts";
import { decodeSignal } from "#core/domain/message.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { DeadLetter, DeadLetters } from "#core/ports/queue.ts";
import { findStrandedRuns } from "#core/store/runs/find-stranded-runs.ts";

/** How many are read at most each time. */
const READ = 100;
/** As many letters as before may be others, and their runs may have lost their workers since: read again after this long. */
export const READ_AGAIN_MS = 600_000;

export interface DeadLetterSweepDeps {
  readonly db: Db;
  /** Undefined: the environment names no such queue. */
  readonly dead_letters: DeadLetters | undefined;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What the last read found. */
export interface DeadLettersSeen {
  count: number;
  read_at_ms: number;
  /** How many were alarming, and the hashes of those of them that were read. */
  alarming: number;
  alarms: ReadonlySet<string>;
}

export const newDeadLettersSeen = (): DeadLettersSeen => ({ count: 0, read_at_ms: 0, alarming: 0, alarms: new Set() });

/**
 * Counts dead letters and changes none: they are evidence, and attempts decide a run. Logs as CRITICAL those that are no
 * signals, or whose run is open and held by no worker: a run at work does not need its signal.
 */
export async function sweepDeadLetters(deps: DeadLetterSweepDeps, seen: DeadLettersSeen): Promise<void> {
  if (deps.dead_letters === undefined) return;
  const count = await deps.dead_letters.count();
  deps.metrics.gauge("dead_letters", count);
  if (count === 0) Object.assign(seen, newDeadLettersSeen());
  const isMore = count > seen.count;
  if (!isMore && (count === 0 || deps.clock.now() - seen.read_at_ms < READ_AGAIN_MS)) {
    seen.count = count;
    return;
  }
  const letters = await deps.dead_letters.peek(READ);
  const alarms = await findAlarms(deps, letters);
  // What was not read may be anything; each read of more than can be read may give others.
  const alarming = alarms.size + Math.max(0, count - READ);
  const isAnother = count <= READ && [...alarms].some((alarm) => !seen.alarms.has(alarm));
  if (isAnother || alarming > seen.alarming) {
    deps.log.error("CRITICAL: the queue gave up on messages; see `dpp dlq list`", { count, alarming });
  } else if (isMore) {
    deps.log.info("the queue gave up on signals of runs that are over or at work", { count });
  }
  // Those that another reader holds back meanwhile are read in the next round.
  const isWhole = letters.length >= Math.min(count, READ);
  seen.count = isWhole ? count : letters.length;
  seen.read_at_ms = deps.clock.now();
  seen.alarming = alarming;
  seen.alarms = isWhole ? alarms : new Set([...alarms, ...[...seen.alarms].slice(0, READ)]);
}

/** The alarming ones of these, by hash: one that was sent again and came back is another. */
async function findAlarms({ db }: DeadLetterSweepDeps, letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
  const signals = letters.map((letter) => ({ letter, run_id: decodeSignal(letter.body)?.run_id }));
  const run_ids = signals.flatMap(({ run_id }) => run_id ?? []);
  const stranded = run_ids.length === 0 ? new Set() : await findStrandedRuns(db, run_ids);
  const alarming = signals.filter(({ run_id }) => run_id === undefined || stranded.has(run_id));
  return new Set(alarming.map(({ letter }) => sha256Hex(`${letter.sent_at.getTime()} ${letter.body}`)));
}
