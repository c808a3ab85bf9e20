import { Outage } from "#core/domain/outage.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { type FindRun, findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import type { HeldConnection, ConnectionLimiter } from "../admission/connection-limiter.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1_000;
/** A run that has not moved for so long is looked at less often. */
const PATIENT_AFTER_MS = 30_000;
const PATIENT_PAUSE_MS = 5_000;
const PAUSE_GROWTH = 2;

export interface WatchDeps {
  readonly db: Db;
  readonly log: Log;
  readonly clock: Clock;
  readonly sleeper: Sleeper;
  readonly tracer: Tracer;
  /** Answers held open, by tenant. */
  readonly connections: ConnectionLimiter;
}

export interface Watch {
  readonly key_sha256: string;
  readonly until_ms: number;
  /** Aborts when nobody listens any more. */
  readonly signal: AbortSignal;
  readonly hold: HeldConnection;
}

export type RunCheck = FindRun | { readonly kind: "outage"; readonly error: Outage };

/**
 * Looks at a run again and again, the key checked each time, with pauses that grow until its status changes: most work is
 * short, and a heartbeat, which changes the version alone, says nothing of its end. Ends after a check that refuses, or
 * finds the run over, when the time is, when nobody listens, or once the hold is another's; the hold ends with it.
 */
export async function* watchRun(
  deps: WatchDeps,
  run: FoundRun,
  watch: Watch,
): AsyncGenerator<RunCheck, void, undefined> {
  let { version, status } = run;
  let pause_ms = FIRST_PAUSE_MS;
  let moved_at_ms = deps.clock.now();
  let wasOut = false;
  try {
    for (;;) {
      const left_ms = watch.until_ms - deps.clock.now();
      if (left_ms <= 0) return;
      await deps.sleeper.sleep(Math.min(pause_ms, left_ms), watch.signal);
      if (watch.signal.aborted) return;
      // A client that reads nothing for long and then goes on would else be one too many.
      if (!watch.hold.touch()) return;
      const found = await check(deps, watch.key_sha256, run.run_id);
      if (found.kind === "outage" && !wasOut) deps.log.warn("a run that is watched cannot be read", found);
      wasOut = found.kind === "outage";
      yield found;
      if (found.kind !== "outage" && (found.kind !== "found" || isTerminal(found.run.status))) return;
      const seen = found.kind === "found" ? found.run : { version, status };
      if (seen.version !== version) moved_at_ms = deps.clock.now();
      const isPatient = deps.clock.now() - moved_at_ms > PATIENT_AFTER_MS;
      const longest_ms = isPatient ? PATIENT_PAUSE_MS : LONGEST_PAUSE_MS;
      pause_ms = seen.status === status ? Math.min(pause_ms * PAUSE_GROWTH, longest_ms) : FIRST_PAUSE_MS;
      ({ version, status } = seen);
    }
  } finally {
    watch.hold.release();
  }
}

/** Not as a span: a held response would have one for every look. */
async function check(
  { db, tracer }: Pick<WatchDeps, "db" | "tracer">,
  key_sha256: string,
  run_id: string,
): Promise<RunCheck> {
  try {
    return await tracer.untraced(() => findRun(db, key_sha256, run_id));
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    return { kind: "outage", error };
  }
}
