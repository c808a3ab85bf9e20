import type { Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { SignalReceiver } from "#core/ports/queue.ts";
import type { ClaimedRun } from "#core/store/postgres/claim-run.ts";
import { extendLease } from "#core/store/postgres/extend-lease.ts";

/** How far a lease may reach beyond the timebox and the waits: time to write the result. */
const LEASE_GRACE_SECONDS = 30;

export interface HeartbeatDeps {
  readonly db: Db;
  readonly queue: Pick<SignalReceiver, "hide">;
  readonly sleeper: Sleeper;
  readonly log: Log;
}

/**
 * W2: keeps our lease alive until `until` aborts, and says when it is lost. A beat that got no answer is no verdict:
 * the next one asks again, and W3 decides.
 */
export async function keepLease(
  deps: HeartbeatDeps,
  run: ClaimedRun,
  times: {
    readonly lease_seconds: number;
    readonly heartbeat_seconds: number;
    /** How long the work waited so far for its turn, which its timebox does not count. */
    waited_ms(): number;
  },
  receipt: string,
  until: AbortSignal,
): Promise<"lost" | "ended"> {
  for (;;) {
    await deps.sleeper.sleep(times.heartbeat_seconds * 1000, until);
    if (until.aborted) return "ended";
    try {
      const answer = await extendLease(deps.db, run, {
        lease_seconds: times.lease_seconds,
        grace_seconds: LEASE_GRACE_SECONDS + times.waited_ms() / 1_000,
      });
      if (answer === "lost") return until.aborted ? "ended" : "lost";
    } catch (error) {
      deps.log.warn("heartbeat got no answer", { error });
      continue;
    }
    if (until.aborted) return "ended";
    // Nobody waits for it: finished work must not lose its lease to a slow queue.
    void deps.queue
      .hide(receipt, times.lease_seconds)
      .catch((error: unknown) => deps.log.warn("message was not hidden for longer", { error }));
  }
}
