import { encodeSignal } from "#core/domain/message.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { SignalSender } from "#core/ports/queue.ts";
import { countSignals, takeUnsignalled } from "#core/store/runs/take-unsignalled.ts";

const LONGEST_WAIT_SECONDS = 3_600;
/** Signalled this often and never claimed: workers are missing, or this run kills them. */
const ALERT_AFTER_SIGNALS = 5;

/** Sends QUEUED runs whose signal may be lost another one; a worker that gets one too many finds nothing to do. */
export async function sweepSignals(
  deps: { readonly db: Db; readonly queue: SignalSender; readonly metrics: Metrics; readonly log: Log },
  first_seconds: number,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const due = await takeUnsignalled(deps.db, { first_seconds, longest_seconds: LONGEST_WAIT_SECONDS });
    if (due.length === 0) return;
    for (const run of due.filter((each) => each.signal_count >= ALERT_AFTER_SIGNALS)) {
      deps.metrics.count("run_never_claimed");
      deps.log.error("a run was signalled many times and never claimed", {
        run_id: run.run_id,
        trace_id: traceIdOf(run.trace_parent),
        signals: run.signal_count,
      });
    }
    await deps.queue.send(due.map((run) => encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })));
    await countSignals(deps.db, due);
    deps.metrics.add("signals_repeated", due.length);
  }
}
