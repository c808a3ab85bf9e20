import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { SignalReceiver } from "#core/ports/queue.ts";
import type { LeasedRun } from "#core/store/runs/lease-run.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";

/** How soon a beat that got no answer is repeated: after ever longer waits, none of them longer than between beats. */
const FIRST_REPEAT_SECONDS = 1;
const LONGEST_REPEAT_SECONDS = 5;

export interface HeartbeatDeps {
  readonly clock: Clock;
  readonly db: Db;
  readonly queue: Pick<SignalReceiver, "hide">;
  readonly sleeper: Sleeper;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** A claimed run, and until when, by this worker's clock, nobody else can have taken it: its beats move that on. */
export interface HeldRun extends LeasedRun {
  readonly lease: { held_until_ms: number };
}

/** `asked_at_ms`: before W1 was first asked, so that the lease cannot have begun earlier. */
export function hold(run: LeasedRun, asked_at_ms: number, lease_seconds: number): HeldRun {
  return { ...run, lease: { held_until_ms: asked_at_ms + lease_seconds * 1000 } };
}

/**
 * W2: keeps our lease alive until `until` aborts, and says when it is lost. A beat that got no answer is no verdict:
 * it is soon repeated, and W3 decides. The lease may reach one lease beyond the timebox and the waits: time to write the result,
 * through an outage too.
 */
export async function keepLease(
  deps: HeartbeatDeps,
  run: HeldRun,
  times: {
    readonly lease_seconds: number;
    readonly heartbeat_seconds: number;
    /** How long the work waited so far for its turn, which its timebox does not count. */
    waited_ms(): number;
  },
  handle: string,
  until: AbortSignal,
): Promise<"lost" | "ended"> {
  const { lease_seconds, heartbeat_seconds } = times;
  // A claim that was not answered at once has used up some of its lease.
  const left_ms = run.lease.held_until_ms - deps.clock.now();
  let wait_ms = left_ms > (lease_seconds - FIRST_REPEAT_SECONDS) * 1000 ? heartbeat_seconds * 1000 : 0;
  let unanswered = 0;
  for (;;) {
    await deps.sleeper.sleep(wait_ms, until);
    if (until.aborted) return "ended";
    const asked_at_ms = deps.clock.now();
    try {
      const grace_seconds = lease_seconds + times.waited_ms() / 1_000;
      const result = await extendLease(deps.db, run, { lease_seconds, grace_seconds });
      deps.metrics.count("lease_beats", { outcome: result === "lost" ? "lost" : "extended" });
      if (result === "lost") return until.aborted ? "ended" : "lost";
    } catch (error) {
      deps.metrics.count("lease_beats", { outcome: "unanswered" });
      deps.log.warn("heartbeat got no answer", { error });
      const repeat_seconds = Math.min(FIRST_REPEAT_SECONDS * 2 ** unanswered++, LONGEST_REPEAT_SECONDS);
      wait_ms = Math.min(repeat_seconds, heartbeat_seconds) * 1000;
      continue;
    }
    unanswered = 0;
    wait_ms = heartbeat_seconds * 1000;
    run.lease.held_until_ms = asked_at_ms + lease_seconds * 1000;
    if (until.aborted) return "ended";
    // Nobody waits for it: finished work must not lose its lease to a slow queue.
    void deps.queue
      .hide(handle, lease_seconds)
      .catch((error: unknown) => deps.log.warn("message was not hidden for longer", { error }));
  }
}
