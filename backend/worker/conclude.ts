import { newId } from "#core/domain/ids.ts";
import { type Micros, micros } from "#core/domain/money.ts";
import { REASONS } from "#core/domain/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { ClaimedRun } from "#core/store/postgres/claim-run.ts";
import { type ClosedRun, closeRun } from "#core/store/postgres/close-run.ts";
import { describeWork } from "./describe-work.ts";
import type { Execution } from "./execute.ts";
import { type FinalizeDeps, finalize } from "./finalize.ts";
import type { OffThread } from "./off-thread/off-thread.ts";
import type { Pack } from "./packs/pack.ts";
import { retryOutages } from "./retry.ts";

const FAIL_TRIES = 4;

export interface ConcludeDeps extends FinalizeDeps {
  readonly clock: Clock;
  readonly offThread: OffThread;
}

/** W3 to W5 for finished work; `close_run` under the lease for every kind of failure. */
export async function conclude(
  deps: ConcludeDeps,
  pack: Pack<unknown>,
  run: ClaimedRun,
  execution: Exclude<Execution, { kind: "stopped" | "waited" }>,
): Promise<ClosedRun | undefined> {
  if (execution.kind === "input_rejected") {
    return fail(deps, run, micros(0), execution.reason_code, execution.detail);
  }
  if (execution.kind === "pack_failed") {
    return fail(deps, run, run.minimum_fee_micros, execution.reason_code, execution.detail);
  }
  if (run.min_reliability !== null && execution.reliability < run.min_reliability) {
    return failAs(deps, run, "RELIABILITY_BELOW_MINIMUM");
  }
  const work = await describeWork(deps, pack, run, execution);
  if (work === undefined) return failAs(deps, run, "PACK_CRASHED");
  if (work === "too-large") return failAs(deps, run, "RESULT_TOO_LARGE");
  return finalize(deps, run, newId(deps.clock.now(), deps.random.bytes(16)), work);
}

/** Ends a run for a reason of the platform's own, at the minimum fee. */
export const failAs = (deps: ConcludeDeps, run: ClaimedRun, reason: keyof typeof REASONS) =>
  fail(deps, run, run.minimum_fee_micros, reason, REASONS[reason]);

function fail(deps: ConcludeDeps, run: ClaimedRun, charge: Micros, reason_code: string, reason_detail: string) {
  return retryOutages(deps, FAIL_TRIES, () =>
    closeRun(
      deps.db,
      run.run_id,
      { stage: "leased", lease_token: run.lease_token },
      { status: "FAILED", charge, reason_code, reason_detail },
    ),
  );
}
