import { encodeSignal } from "#core/domain/message.ts";
import type { Db } from "#core/ports/db.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { ClosedRun } from "#core/store/runs/close-run.ts";
import { requeueUncounted } from "#core/store/runs/requeue-uncounted.ts";
import { requeueAttempt } from "#core/store/runs/requeue-attempt.ts";
import { statusOf } from "#core/store/runs/run-status.ts";
import { type FinishDeps, failAs } from "./finish-run.ts";
import type { HeldRun } from "./lease.ts";
import { retryOutages } from "./retry.ts";

export interface RequeueDeps extends FinishDeps {
  readonly db: Db;
  readonly queue: SignalReceiver & SignalSender;
  readonly metrics: Metrics;
}

/** What became of a run that this worker does not go on with. `lost`: somebody else decides it, or its lease passes. */
export type Requeued = "queued" | "lost" | { readonly closed: ClosedRun; readonly reason_code: string };

/**
 * Hands the run back and signals it at once, so that another worker takes it. A repeat of a requeue-uncounted whose reply was lost
 * changes nothing, so that any run found QUEUED is signaled.
 */
export async function requeueNow(deps: RequeueDeps, run: HeldRun): Promise<Requeued> {
  const result = await underLease(deps, run, () => requeueUncounted(deps.db, run, "now"));
  deps.log.info("run handed back", { result });
  if (result === "kept" && (await statusOf(deps.db, run.run_id)) !== "QUEUED") return "lost";
  await deps.queue.send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })]);
  return "queued";
}

/**
 * This worker cannot work on the run now: it is handed back, and the signal sweep sends its next signal, so that another
 * worker, or this one when it can, takes it. With no requeue-uncounted left it fails for this reason.
 */
export async function requeueLater(
  deps: RequeueDeps,
  run: HeldRun,
  reason: "PACK_UNKNOWN" | "NO_WORK_PROCESS",
): Promise<Requeued> {
  const result = await underLease(deps, run, () => requeueUncounted(deps.db, run, "later"));
  return result === "requeued" ? "queued" : await failNow(deps, run, reason);
}

/** The process of the work was killed: the next attempt is as above, but this one counts. */
export async function requeueLost(deps: RequeueDeps, run: HeldRun, max_attempts: number): Promise<Requeued> {
  deps.metrics.count("work_process_lost", { pack_type: run.pack_type });
  const result = await underLease(deps, run, () => requeueAttempt(deps.db, run, max_attempts));
  return result === "requeued" ? "queued" : await failNow(deps, run, "WORK_PROCESS_LOST");
}

/** Fails a run that is given back no more. It finds nothing where the run is no longer ours. */
export async function failNow(
  deps: RequeueDeps,
  run: HeldRun,
  reason: "PACK_UNKNOWN" | "NO_WORK_PROCESS" | "WORK_PROCESS_LOST",
): Promise<Requeued> {
  const closed = await failAs(deps, run, reason);
  return closed === undefined ? "lost" : { closed, reason_code: reason };
}

const underLease = <T>(deps: RequeueDeps, run: HeldRun, step: () => Promise<T>): Promise<T> =>
  retryOutages(deps, () => run.lease.held_until_ms, step);
