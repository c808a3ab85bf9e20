import { Outage } from "#core/domain/outage.ts";
import { costsMinimumFee, type PlatformFailureFee, REASONS } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { type LapsedLease, failLapsed, findLapsedLeases, requeueLapsed } from "#core/store/postgres/lapsed-leases.ts";
import { type AftermathDeps, signalAgain, tellMirror } from "../aftermath.ts";

export interface LeaseSweepDeps extends AftermathDeps {
  readonly db: Db;
  readonly platform_failure_fee: PlatformFailureFee;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Runs whose worker was lost: again while attempts are left, else FAILED, at the cost of a platform failure. */
export async function sweepLeases(deps: LeaseSweepDeps, max_attempts: number, stop: AbortSignal): Promise<void> {
  let batch = await findLapsedLeases(deps.db);
  while (batch.length > 0 && !stop.aborted) {
    for (const run of batch) {
      if (stop.aborted) return;
      const log = deps.log.child({ run_id: run.run_id });
      await reap({ ...deps, log }, run, max_attempts).catch((error: unknown) => {
        // A store that is out is out for all of them; one run that cannot be reaped must not shield the others.
        if (error instanceof Outage) throw error;
        log.error("a lapsed lease could not be reaped", { error });
      });
    }
    batch = await findLapsedLeases(deps.db, batch.at(-1));
  }
}

async function reap(deps: LeaseSweepDeps, run: LapsedLease, max_attempts: number): Promise<void> {
  if (run.attempts_used < max_attempts) {
    if (!(await requeueLapsed(deps.db, run, max_attempts))) return;
    deps.metrics.count("lease_requeued");
    deps.log.warn("lease passed; the run is queued again", { attempts_used: run.attempts_used });
    await signalAgain(deps, run);
    return;
  }
  const costs_fee = costsMinimumFee("LEASE_EXPIRED", deps.platform_failure_fee);
  const closed = await failLapsed(deps.db, run, max_attempts, { detail: REASONS.LEASE_EXPIRED, costs_fee });
  if (closed === undefined) return;
  deps.metrics.count("lease_failed");
  deps.log.warn("lease passed after the last attempt; the run failed");
  await tellMirror(deps, closed);
}
