import type { Micros } from "#core/domain/money.ts";
import type { PackOffer, PackOutcome, Units } from "#core/domain/pack.ts";
import type { Log } from "#core/ports/log.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { Asker } from "./isolation/turn.ts";

/** What a running pack is given; it reaches nothing else. A pool of processes takes it as it is. */
export interface PackContext extends Asker {
  /** What was reserved for the run. Work whose price shows only while it is done stops where that is used up. */
  readonly cap: Micros;
  /** The run costs nothing, whatever its outcome: no work that costs money may be done for it. */
  readonly is_free: boolean;
  /** Says which units are used by now, of those that are paid for where the run fails, too; in place of what was said before. */
  owe(units: Units): void;
  readonly fetch: GuardedFetch;
  readonly log: Log;
}

/**
 * How work ends that would cost more than its cap: `detail` says how much the cap covers, in the pack's own units. It is
 * free where that is found before anything is done.
 */
export const costExceedsCap = (detail: string, began = true): PackOutcome => ({
  kind: began ? "pack_failed" : "input_rejected",
  reason_code: "COST_EXCEEDS_CAP",
  detail,
});

/**
 * A unit of paid work: an offer, and the work itself. `run` returns an outcome for every failure of the work;
 * it rejects only when the signal aborts (with the signal's reason) or for a bug.
 */
export interface Pack<Inputs = unknown> {
  readonly offer: PackOffer<Inputs>;
  run(inputs: Inputs, context: PackContext): Promise<PackOutcome>;
}
