import type { Micros } from "#core/domain/money.ts";
import { MAX_RESULT_BYTES, resultBytes } from "#core/domain/result.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { LeasedRun } from "#core/store/runs/lease-run.ts";
import type { Done } from "./execute.ts";
import type { FinishedWork } from "./finalize.ts";
import type { OffThread } from "./off-thread/off-thread.ts";
import type { Pack } from "./packs/pack.ts";

interface DescribeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly offThread: OffThread;
}

/** The result object; undefined when the pack made something that JSON cannot hold. */
export async function describeWork(
  deps: DescribeDeps,
  pack: Pack<unknown>,
  run: LeasedRun,
  { units, reliability, written }: Done,
  charge: Micros,
): Promise<FinishedWork | "too-large" | undefined> {
  try {
    if (written === "too-large") return written;
    if (written === "not-json") throw new TypeError("the pack's data are no JSON value");
    if ("mismatch" in written) throw new TypeError(`the pack's data are invalid by its schema: ${written.mismatch}`);
    if (!(reliability >= 0 && reliability <= 1)) throw new RangeError(`bad reliability ${reliability}`);
    const body = resultBytes({
      run_id: run.run_id,
      pack_type: run.pack_type,
      pack_version: pack.offer.version,
      generated_at_ms: deps.clock.now(),
      reserved: run.reserved_micros,
      charge,
      minimum_fee: run.minimum_fee_micros,
      units,
      reliability,
      ...written,
      trace_id: traceIdOf(run.trace_parent) ?? "",
      payload_sha256: run.payload_sha256,
    });
    if (body.byteLength > MAX_RESULT_BYTES) return "too-large";
    return { body, sha256: await deps.offThread.sha256(body), charge, reliability };
  } catch (error) {
    deps.log.error("the pack's result cannot be written", { error });
    return undefined;
  }
}
