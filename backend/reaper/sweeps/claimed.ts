import { TOMBSTONE, type Receipt, readVerdict, resultKey } from "#core/domain/receipt.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import { costsMinimumFee, type RunStatus } from "#core/domain/run.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import { type ClosedRun, closeRun } from "#core/store/runs/close-run.ts";
import { freezeRun } from "#core/store/audit/freeze-run.ts";
import { type StaleClaim, closeAfterTombstone, findStaleClaims, rollBack } from "#core/store/runs/stale-claims.ts";
import { signalAgain, settleMirror } from "../after-close.ts";
import { spanOf } from "../run-span.ts";
import { TenantTurns, walk } from "../turns.ts";
import type { LeaseSweepDeps } from "./lease.ts";

/** What its statement finds at most. */
const PAGE = 20;

export interface ClaimedSweepDeps extends LeaseSweepDeps {
  readonly objects: ObjectWriter;
}

/** The last run of the round before, unless that round came to the end. */
export interface ClaimedCursor {
  after: StaleClaim | undefined;
}

/**
 * Ends runs left in CLAIMED by a worker that died between W3 and W5. The first object at the attempt's key decides: a result
 * completes the run at its cost, a tombstone rolls it back, anything else freezes it.
 */
export async function sweepClaims(
  deps: ClaimedSweepDeps,
  settings: { readonly claimed_seconds: number; readonly max_attempts: number },
  stop: AbortSignal,
  cursor: ClaimedCursor = { after: undefined },
): Promise<void> {
  const round = new TenantTurns(0).begin();
  for await (const run of walk(cursor, (after) => findStaleClaims(deps.db, settings.claimed_seconds, after), PAGE)) {
    if (stop.aborted) return;
    const log = deps.log.child({ run_id: run.run_id, trace_id: traceIdOf(run.trace_parent) });
    const decided = () =>
      spanOf(deps.tracer, "decide claim", run, () => decide({ ...deps, log }, run, settings.max_attempts));
    await round.step(run.tenant_id, decided, (error) => log.error("a claimed run could not be decided", { error }));
  }
  round.end();
}

async function decide(deps: ClaimedSweepDeps, run: StaleClaim, max_attempts: number): Promise<void> {
  const key = resultKey(run.tenant_id, run.run_id, run.attempt);
  const put = await deps.objects.create(key, TOMBSTONE.body, TOMBSTONE.content_type, TOMBSTONE.metadata);
  if (put === "created") return undo(deps, run, max_attempts);

  const found = await deps.objects.head(key);
  const verdict = found === undefined ? { kind: "missing" as const } : readVerdict(found);
  if (verdict.kind === "tombstone") return undo(deps, run, max_attempts);
  if (
    verdict.kind === "receipt" &&
    verdict.receipt.finalize_token === run.finalize_token &&
    verdict.receipt.cost <= run.reserved_micros
  ) {
    return rollForward(deps, run, verdict.receipt);
  }
  const frozen = await freezeRun(deps.db, run, {
    kind: "object-contradicts-run",
    detail: { key, verdict: verdict.kind },
  });
  if (frozen === "lost") return;
  deps.metrics.count("audit_required");
  deps.log.error("CRITICAL: a result object contradicts its run; the run is frozen", {
    object: key,
    verdict: verdict.kind,
  });
}

async function rollForward(deps: ClaimedSweepDeps, run: StaleClaim, receipt: Receipt): Promise<void> {
  const guard = { stage: "claimed", finalize_token: run.finalize_token } as const;
  const closed = await closeRun(deps.db, run.run_id, guard, { status: "COMPLETED", receipt, attempt: run.attempt });
  if (closed !== undefined) deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: "done" });
  await announce(deps, closed, "COMPLETED");
  deps.metrics.count("claim_rolled_forward");
}

/** The attempt can never finish now. */
async function undo(deps: ClaimedSweepDeps, run: StaleClaim, max_attempts: number): Promise<void> {
  deps.metrics.count("claim_rolled_back");
  if (run.cancel_requested || run.attempts_used >= max_attempts) {
    // A cancel may have come since this run was found: the statement checks again.
    const closed = await closeAfterTombstone(deps.db, run, costsMinimumFee("LEASE_EXPIRED", deps.platform_failure_fee));
    if (closed?.status === "FAILED")
      deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: "platform_failed" });
    await announce(deps, closed, closed?.status);
  } else if (await rollBack(deps.db, run)) {
    deps.log.warn("claim rolled back; the run is queued again", { attempts_used: run.attempts_used });
    await signalAgain(deps, run);
  }
}

async function announce(
  deps: ClaimedSweepDeps,
  closed: ClosedRun | undefined,
  status: RunStatus | undefined,
): Promise<void> {
  if (closed === undefined) return;
  deps.log.warn("claimed run closed by the sweep", { status });
  await settleMirror(deps, closed);
}
