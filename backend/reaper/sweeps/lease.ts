import { traceIdOf } from "#core/domain/trace.ts";
import { costsMinimumFee, type PlatformFailureFee, REASONS } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { type ExpiredLease, failExpired, findExpiredLeases, requeueExpired } from "#core/store/runs/expired-leases.ts";
import { type AfterCloseDeps, signalAgain, settleMirror } from "../after-close.ts";
import { spanOf } from "../run-span.ts";
import { TenantTurns, walk } from "../turns.ts";

/** What its statement finds at most. */
const PAGE = 50;

export interface LeaseSweepDeps extends AfterCloseDeps {
  readonly db: Db;
  readonly platform_failure_fee: PlatformFailureFee;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly log: Log;
}

/** The last run of the round before, unless that round came to the end. */
export interface LeaseCursor {
  after: ExpiredLease | undefined;
}

/** Requeues runs whose lease expired before W3 while attempts are left; else they are FAILED as a platform failure. */
export async function sweepLeases(
  deps: LeaseSweepDeps,
  max_attempts: number,
  stop: AbortSignal,
  cursor: LeaseCursor = { after: undefined },
): Promise<void> {
  const round = new TenantTurns(0).begin();
  for await (const run of walk(cursor, (after) => findExpiredLeases(deps.db, after), PAGE)) {
    if (stop.aborted) return;
    const log = deps.log.child({ run_id: run.run_id, trace_id: traceIdOf(run.trace_parent) });
    const reaped = () => spanOf(deps.tracer, "reap lease", run, () => reap({ ...deps, log }, run, max_attempts));
    await round.step(run.tenant_id, reaped, (error) => log.error("an expired lease could not be reaped", { error }));
  }
  round.end();
}

async function reap(deps: LeaseSweepDeps, run: ExpiredLease, max_attempts: number): Promise<void> {
  if (run.attempts_used < max_attempts) {
    if (!(await requeueExpired(deps.db, run, max_attempts))) return;
    deps.metrics.count("lease_requeued");
    deps.log.warn("lease expired; the run is queued again", { attempts_used: run.attempts_used });
    await signalAgain(deps, run);
    return;
  }
  const costs_fee = costsMinimumFee("LEASE_EXPIRED", deps.platform_failure_fee);
  const closed = await failExpired(deps.db, run, max_attempts, { detail: REASONS.LEASE_EXPIRED, costs_fee });
  if (closed === undefined) return;
  deps.metrics.count("lease_failed");
  deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: "platform_failed" });
  deps.log.warn("lease expired in the last attempt; the run failed");
  await settleMirror(deps, closed);
}
