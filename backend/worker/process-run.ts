import { newId } from "#core/domain/ids.ts";
import { type RunSignal, decodeSignal } from "#core/domain/message.ts";
import { Outage } from "#core/domain/outage.ts";
import { isTerminal } from "#core/domain/run.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { ReceivedMessage } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { ActiveSpan, Tracer } from "#core/ports/tracer.ts";
import { type LeaseResult, leaseRun } from "#core/store/runs/lease-run.ts";
import type { ClosedRun } from "#core/store/runs/close-run.ts";
import { createRunBatches, type RunBatches } from "#core/store/runs/run-batches.ts";
import { statusOf } from "#core/store/runs/run-status.ts";
import { settle } from "#core/store/redis/settle.ts";
import { finishRun } from "./finish-run.ts";
import { type Ended, type Execution, execute } from "./execute.ts";
import { type HeldRun, hold, keepLease } from "./lease.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { Pack } from "./packs/pack.ts";
import { failNow, type RequeueDeps, type Requeued, requeueLater, requeueLost, requeueNow } from "./requeue.ts";
import { retryOutages } from "./retry.ts";
import { startTimebox } from "./timebox.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** So long a run waits in all for processes that other runs hold; then another worker, or this one later, takes it. */
const LONGEST_WAIT_SECONDS = 60;
/** What went back so often stays. It leaves some of the five hand-backs to workers that stop. */
const MAX_HAND_BACKS_FOR_WAITS = 3;
/** Longer than all that wait before it can work: it ends a wait for processes that are given to nobody. */
const LAST_WAIT_SECONDS = 86_400;

/** After it another worker may take the message of a run that this one could not lease. */
const GIVEN_BACK_SECONDS = 30;

export interface WorkerDeps extends Omit<RequeueDeps, "batches"> {
  /** What runs share statements in; without them this run's statements are its own. */
  readonly batches?: RunBatches;
  readonly redis: Redis;
  readonly packs: ReadonlyMap<string, Pack<unknown>>;
  readonly fetch: GuardedFetch;
  readonly tracer: Tracer;
  /** Where runs wait for a process; without one each waits in its slot. */
  readonly room?: WaitingRoom;
  /** Called when W1 is over: whether it was answered. */
  readonly onLease?: (answered: boolean) => void;
}

type RunDeps = WorkerDeps & { readonly batches: RunBatches };

export interface WorkerTimes {
  readonly lease_seconds: number;
  readonly heartbeat_seconds: number;
  readonly max_attempts: number;
  /** After how long the claimed sweep decides a run whose W3 succeeded. */
  readonly claimed_seconds: number;
}

/** W1 to W7 for one message. `stop`: the worker must give its runs back now. Never throws. */
export async function processMessage(
  deps: WorkerDeps,
  times: WorkerTimes,
  message: ReceivedMessage,
  stop: AbortSignal,
): Promise<void> {
  const signal = decodeSignal(message.body);
  if (signal === undefined) {
    deps.log.error("a message is no signal; it is left for the dead letters");
    return;
  }
  const batches = deps.batches ?? createRunBatches(deps.db);
  const log = deps.log.child({ run_id: signal.run_id, trace_id: traceIdOf(signal.traceparent) });
  const attributes = {
    "messaging.system": "aws_sqs",
    "messaging.operation.type": "process",
    "dpp.run_id": signal.run_id,
  };
  try {
    await deps.tracer.span({ name: "process run", kind: "consumer", parent: signal.traceparent, attributes }, (span) =>
      processSignal({ ...deps, batches, log, span }, times, signal, message.handle, stop),
    );
  } catch (error) {
    deps.metrics.count("run_interrupted");
    log.warn("the run was interrupted; a sweep or the next signal goes on", { error });
  }
}

async function processSignal(
  deps: RunDeps & { readonly span: ActiveSpan },
  times: WorkerTimes,
  signal: RunSignal,
  handle: string,
  stop: AbortSignal,
): Promise<void> {
  const asked_at_ms = deps.clock.now();
  const leased = await leaseUnder(deps, times, signal.run_id, asked_at_ms, stop).catch((error: unknown) => {
    if (isRefusal(error) || error instanceof Outage) deps.onLease?.(false);
    // After an unknown outcome the lease may be held: another that took the message now would find it so, and delete it.
    if (isRefusal(error)) giveBack(deps, handle);
    throw error;
  });
  deps.onLease?.(true);
  if (leased.kind === "busy" || leased.kind === "over") {
    deps.span.set({ "dpp.outcome": leased.kind });
    return forget(deps, handle);
  }

  const run = hold(leased.run, asked_at_ms, times.lease_seconds);
  const { pack_type } = run;
  deps.span.set({ "dpp.pack_type": pack_type, "dpp.attempt": run.attempt });
  if (run.attempt === 1) deps.metrics.observe("run_wait_seconds", run.waited_seconds, { pack_type });
  const pack = deps.packs.get(run.pack_type);
  if (pack === undefined) {
    // A deploy may bring a pack to the edge before it reaches every worker.
    deps.log.error("no such pack in this worker", { pack_type: run.pack_type });
    return leave(deps, run, handle, await requeueLater(deps, run, "PACK_UNKNOWN"));
  }
  const timebox = startTimebox(deps, run.tenant_id, {
    work_ms: run.timebox_sec * 1_000,
    wait_ms: (mayGoBack(run) ? LONGEST_WAIT_SECONDS : LAST_WAIT_SECONDS) * 1_000,
    last_wait_ms: LAST_WAIT_SECONDS * 1_000,
    room: deps.room,
  });
  const beats = { ...times, waited_ms: () => timebox.waited_ms() };
  await whileHeld(deps, beats, run, handle, async (lost) => {
    const work = { name: "execute", kind: "internal", attributes: { "dpp.pack_type": pack_type } } as const;
    const execution = await deps.tracer.span(work, async ({ set }) => {
      const ended = await execute(deps, pack, run, timebox, AbortSignal.any([stop, lost]));
      set({ "dpp.outcome": ended.kind });
      return ended;
    });
    deps.span.set({ "dpp.outcome": execution.kind });
    if (lost.aborted) {
      deps.metrics.count("lease_lost");
      return abandonRun(deps, run, handle);
    }
    if (!isEnded(execution)) {
      return leave(deps, run, handle, await requeue(deps, run, execution.kind, times.max_attempts));
    }
    const closed = await finishRun(deps, pack, run, execution, times.claimed_seconds);
    if (closed === undefined) return abandonRun(deps, run, handle);
    deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: execution.kind });
    await settleMirror(deps, run, closed, "reason_code" in execution ? execution.reason_code : undefined);
    forget(deps, handle);
  });
}

const mayGoBack = ({ uncounted_requeues }: HeldRun): boolean => uncounted_requeues < MAX_HAND_BACKS_FOR_WAITS;

const isEnded = (execution: Execution): execution is Ended =>
  ["done", "input_rejected", "pack_failed"].includes(execution.kind);

/** What is done with a run whose work did not end here. */
function requeue(
  deps: RunDeps,
  run: HeldRun,
  kind: Exclude<Execution, Ended>["kind"],
  max_attempts: number,
): Promise<Requeued> {
  if (kind === "stopped") return requeueNow(deps, run);
  if (kind === "process_lost") return requeueLost(deps, run, max_attempts);
  if (kind === "no_process") return requeueLater(deps, run, "NO_WORK_PROCESS");
  deps.metrics.count("run_waited_too_long", { pack_type: run.pack_type });
  return mayGoBack(run) ? requeueNow(deps, run) : failNow(deps, run, "NO_WORK_PROCESS");
}

/** The message of a run that this worker does not go on with: one that waits for its next signal, or is over, needs none. */
async function leave(deps: RunDeps, run: HeldRun, handle: string, requeued: Requeued): Promise<void> {
  if (requeued === "lost") return abandonRun(deps, run, handle);
  if (typeof requeued === "object") {
    deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: "platform_failed" });
    await settleMirror(deps, run, requeued.closed, requeued.reason_code);
  }
  forget(deps, handle);
}

/**
 * W1. An unknown outcome is asked after again under the same token until its lease could have passed, or the worker
 * must stop; then the message comes back when its visibility ends.
 */
function leaseUnder(
  deps: RunDeps,
  times: WorkerTimes,
  run_id: string,
  asked_at_ms: number,
  stop: AbortSignal,
): Promise<LeaseResult> {
  const lease_token = newId(asked_at_ms, deps.random.bytes(16));
  return retryOutages(
    deps,
    () => (stop.aborted ? 0 : asked_at_ms + times.lease_seconds * 1000),
    () => leaseRun(deps.batches.leases, { run_id, lease_token, ...times }),
  );
}

/** Does the work with the heartbeat beside it; neither outlives the other. */
async function whileHeld(
  deps: WorkerDeps,
  times: Parameters<typeof keepLease>[2],
  run: HeldRun,
  handle: string,
  work: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  const lost = new AbortController();
  const beating = keepLease(deps, run, times, handle, ended.signal).then((result) => {
    if (result === "lost") lost.abort();
  });
  try {
    await work(lost.signal);
  } finally {
    ended.abort();
    await beating;
  }
}

async function settleMirror(
  deps: WorkerDeps,
  run: HeldRun,
  closed: ClosedRun,
  reason_code: string | undefined,
): Promise<void> {
  const { charged_micros, reserved_micros } = closed;
  deps.metrics.add("charged_micros", charged_micros);
  deps.metrics.add("refunded_micros", reserved_micros - charged_micros);
  deps.log.info("run closed", { pack_type: run.pack_type, attempt: run.attempt, charged_micros, reason_code });
  // W6
  await settle(deps.redis, { ...closed, charged: charged_micros }).catch((error: unknown) =>
    deps.log.warn("a closed run was not settled in the mirror; the next sync does it", { error }),
  );
}

/** A cancel, a sweep or another worker decides this run, or did. Nothing is undone; one that is over needs no signal. */
async function abandonRun(deps: WorkerDeps, run: HeldRun, handle: string): Promise<void> {
  const status = await statusOf(deps.db, run.run_id);
  if (status === "CANCELED") deps.log.info("the run was canceled", { attempt: run.attempt });
  else deps.log.warn("the run is no longer ours", { attempt: run.attempt, status });
  if (status !== undefined && isTerminal(status)) forget(deps, handle);
}

/** The database answered, and would not: not what it says of one row. */
const isRefusal = (error: unknown): boolean => error instanceof Error && !(error instanceof Outage) && "code" in error;

/**
 * A worker whose database refuses does not hide a message for a lease from one that can work. Not at once, since SQS
 * counts each receipt. Nobody waits for it.
 */
function giveBack(deps: WorkerDeps, handle: string): void {
  void deps.queue
    .hide(handle, GIVEN_BACK_SECONDS)
    .catch((error: unknown) => deps.log.warn("a message was not given back; it comes back later", { error }));
}

/** W7. Nobody waits for it: a message that stays finds its run over. */
function forget(deps: WorkerDeps, handle: string): void {
  void deps.queue
    .delete(handle)
    .catch((error: unknown) => deps.log.warn("a message was not deleted; its next delivery will be", { error }));
}
