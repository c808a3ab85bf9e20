import { encodeSignal } from "#core/domain/message.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { ClosedRun } from "#core/store/runs/close-run.ts";
import { settle } from "#core/store/redis/settle.ts";

export interface AfterCloseDeps {
  readonly redis: Redis;
  readonly queue: SignalSender;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Signals a run that was decided already. A failure is logged, not thrown: the signal sweep sends it again. */
export async function signalAgain(
  deps: AfterCloseDeps,
  run: { readonly run_id: string; readonly trace_parent: string },
): Promise<void> {
  await deps.queue
    .send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })])
    .catch((error: unknown) => deps.log.warn("a queued run was not signalled", { error }));
}

/** Counts a closed run's money and settles it in the mirror. A failure is logged, not thrown: the next sync settles it. */
export async function settleMirror(deps: AfterCloseDeps, closed: ClosedRun): Promise<void> {
  const { charged_micros, reserved_micros } = closed;
  deps.metrics.add("charged_micros", charged_micros);
  deps.metrics.add("refunded_micros", reserved_micros - charged_micros);
  await settle(deps.redis, { ...closed, charged: charged_micros }).catch((error: unknown) =>
    deps.log.warn("a closed run was not settled in the mirror", { error }),
  );
}
