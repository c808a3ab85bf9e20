import { sha256Hex } from "#core/domain/hash.ts";
import { chargeFor } from "#core/domain/pack.ts";
import { resultText } from "#core/domain/result.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { ClaimedRun } from "#core/store/postgres/claim-run.ts";
import type { Execution } from "./execute.ts";
import type { FinishedWork } from "./finalize.ts";
import type { Pack } from "./packs/pack.ts";

interface DescribeDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** The result object and its price; undefined when the pack made something that JSON or its price list cannot hold. */
export function describeWork(
  deps: DescribeDeps,
  pack: Pack<unknown>,
  run: ClaimedRun,
  done: Extract<Execution, { kind: "done" }>,
): FinishedWork | undefined {
  try {
    if (!(done.reliability >= 0 && done.reliability <= 1)) throw new RangeError(`bad reliability ${done.reliability}`);
    const charge = chargeFor(pack.offer.prices, done.units, run.reserved_micros);
    const text = resultText({
      run_id: run.run_id,
      pack_type: run.pack_type,
      pack_version: pack.offer.version,
      generated_at_ms: deps.clock.now(),
      reserved: run.reserved_micros,
      charge,
      minimum_fee: run.minimum_fee_micros,
      units: done.units,
      reliability: done.reliability,
      data: done.data,
      artifacts: done.artifacts,
      trace_id: traceIdOf(run.trace_parent) ?? "",
      payload_sha256: run.payload_sha256,
    });
    const body = new TextEncoder().encode(text);
    return { body, sha256: sha256Hex(body), charge, reliability: done.reliability };
  } catch (error) {
    deps.log.error("the pack's result cannot be written", { error });
    return undefined;
  }
}
