import { newId } from "#core/domain/ids.ts";
import { least, type Micros, micros, most } from "#core/domain/money.ts";
import { chargeFor, priceOf, type Units } from "#core/domain/pack.ts";
import { costsMinimumFee, isPlatformFailure, type PlatformFailureFee, REASONS } from "#core/domain/run.ts";
import type { LeasedRun } from "#core/store/runs/lease-run.ts";
import { type ClosedRun, closeRun } from "#core/store/runs/close-run.ts";
import { describeWork } from "./describe-work.ts";
import type { Ended } from "./execute.ts";
import { type FinalizeDeps, finalize } from "./finalize.ts";
import type { HeldRun } from "./lease.ts";
import type { OffThread } from "./off-thread/off-thread.ts";
import type { Pack } from "./packs/pack.ts";
import { retryOutages } from "./retry.ts";

export interface FinishDeps extends FinalizeDeps {
  readonly offThread: OffThread;
  readonly platform_failure_fee: PlatformFailureFee;
}

/** W3 to W5 for finished work; `close_run` under the lease for every kind of failure. */
export async function finishRun(
  deps: FinishDeps,
  pack: Pack<unknown>,
  run: HeldRun,
  execution: Ended,
  claimed_seconds: number,
): Promise<ClosedRun | undefined> {
  if (execution.kind === "input_rejected") {
    return fail(deps, run, micros(0), execution.reason_code, execution.detail);
  }
  if (execution.kind === "pack_failed") {
    const { reason_code, detail } = execution;
    const fee = failureFee(deps, run, reason_code);
    const charge = isPlatformFailure(reason_code) ? fee : withOwed(deps, pack, run, execution, fee);
    return fail(deps, run, charge, reason_code, detail);
  }
  const price = priceOfWork(deps, pack, execution.units);
  if (price === undefined) return failAs(deps, run, "RESULT_INVALID");
  /** Ends a run whose result is not delivered: at most at its price, which is zero for a question back. */
  const withhold = (reason: keyof typeof REASONS) => {
    const fee = least(price, run.minimum_fee_micros);
    return fail(deps, run, withOwed(deps, pack, run, execution, fee), reason, REASONS[reason]);
  };
  if (run.min_reliability !== null && execution.reliability < run.min_reliability) {
    return withhold("RELIABILITY_BELOW_MINIMUM");
  }
  const charge = chargeFor(pack.offer.prices, execution.units, run.reserved_micros);
  if (charge === undefined) return withhold("COST_EXCEEDS_CAP");
  const work = await describeWork(deps, pack, run, execution, charge);
  if (work === undefined) return failAs(deps, run, "RESULT_INVALID");
  if (work === "too-large") return withhold("RESULT_TOO_LARGE");
  return finalize(deps, run, newId(deps.clock.now(), deps.random.bytes(16)), work, claimed_seconds);
}

/** What a failed run costs: a fee, or what it owes for units that are paid for in any case, whichever is more. */
function withOwed(deps: FinishDeps, pack: Pack<unknown>, run: LeasedRun, { owed }: Ended, fee: Micros): Micros {
  return least(run.reserved_micros, most(fee, priceOfWork(deps, pack, owed) ?? micros(0)));
}

/** What the finished work costs; undefined where its units have no price. */
function priceOfWork(deps: FinishDeps, pack: Pack<unknown>, units: Units): Micros | undefined {
  try {
    return priceOf(pack.offer.prices, units);
  } catch (error) {
    deps.log.error("the pack's units have no price", { error });
    return undefined;
  }
}

/** Ends a run for a reason of the platform's: at the minimum fee, or free where the failure is the platform's own. */
export const failAs = (deps: FinishDeps, run: HeldRun, reason: keyof typeof REASONS) =>
  fail(deps, run, failureFee(deps, run, reason), reason, REASONS[reason]);

const failureFee = (deps: FinishDeps, run: LeasedRun, reason_code: string): Micros =>
  costsMinimumFee(reason_code, deps.platform_failure_fee) ? run.minimum_fee_micros : micros(0);

function fail(deps: FinishDeps, run: HeldRun, charge: Micros, reason_code: string, reason_detail: string) {
  return retryOutages(
    deps,
    () => run.lease.held_until_ms,
    () =>
      closeRun(
        deps.db,
        run.run_id,
        { stage: "leased", lease_token: run.lease_token },
        { status: "FAILED", charge, reason_code, reason_detail },
      ),
  );
}
