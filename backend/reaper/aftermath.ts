import { encodeSignal } from "#core/domain/message.ts";
import type { Log } from "#core/ports/log.ts";
import type { SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { ClosedRun } from "#core/store/runs/close-run.ts";
import { settle } from "#core/store/redis/settle.ts";

export interface AftermathDeps {
  readonly redis: Redis;
  readonly queue: SignalSender;
  readonly log: Log;
}

/** Tells the queue of a run that was decided already. Losing it is a log line: the signal sweep comes round. */
export async function signalAgain(
  deps: AftermathDeps,
  run: { readonly run_id: string; readonly trace_parent: string },
): Promise<void> {
  await deps.queue
    .send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })])
    .catch((error: unknown) => deps.log.warn("a queued run was not signalled", { error }));
}

/** Tells the mirror of a run that was decided already. Losing it is a log line: the next sync says the same. */
export async function tellMirror(deps: AftermathDeps, closed: ClosedRun): Promise<void> {
  await settle(deps.redis, { ...closed, charged: closed.charged_micros }).catch((error: unknown) =>
    deps.log.warn("the mirror was not told of a closed run", { error }),
  );
}
