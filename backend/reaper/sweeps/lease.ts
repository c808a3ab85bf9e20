import { encodeSignal } from "#core/domain/message.ts";
import { REASONS } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import { type LapsedLease, failLapsed, findLapsedLeases, requeueLapsed } from "#core/store/postgres/lapsed-leases.ts";
import { settle } from "#core/store/redis/settle.ts";

export interface LeaseSweepDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly queue: SignalSender;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Runs whose worker was lost: again while attempts are left, else FAILED at the minimum fee. */
export async function sweepLeases(deps: LeaseSweepDeps, max_attempts: number, stop: AbortSignal): Promise<void> {
  let batch = await findLapsedLeases(deps.db);
  while (batch.length > 0 && !stop.aborted) {
    for (const run of batch) {
      const log = deps.log.child({ run_id: run.run_id });
      // One run that cannot be reaped must not shield the others.
      await reap({ ...deps, log }, run, max_attempts).catch((error: unknown) =>
        log.error("a lapsed lease could not be reaped", { error }),
      );
    }
    batch = await findLapsedLeases(deps.db, batch.at(-1));
  }
}

async function reap(deps: LeaseSweepDeps, run: LapsedLease, max_attempts: number): Promise<void> {
  if (run.attempts_used < max_attempts) {
    if (!(await requeueLapsed(deps.db, run, max_attempts))) return;
    deps.metrics.count("lease_requeued");
    deps.log.warn("lease passed; the run is queued again", { attempts_used: run.attempts_used });
    await deps.queue.send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })]);
    return;
  }
  const closed = await failLapsed(deps.db, run, max_attempts, REASONS.LEASE_EXPIRED);
  if (closed === undefined) return;
  deps.metrics.count("lease_failed");
  deps.log.warn("lease passed after the last attempt; the run failed");
  await settle(deps.redis, { ...closed, charged: closed.charged_micros });
}
