import { newId } from "#core/domain/ids.ts";
import { type RunSignal, decodeSignal, encodeSignal } from "#core/domain/message.ts";
import { isTerminal } from "#core/domain/run.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ReceivedMessage, SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import { type ClaimedRun, claimRun } from "#core/store/postgres/claim-run.ts";
import { handBack } from "#core/store/postgres/hand-back.ts";
import { statusOf } from "#core/store/postgres/run-status.ts";
import { settle } from "#core/store/redis/settle.ts";
import { type ConcludeDeps, conclude, failAs } from "./conclude.ts";
import { type Execution, execute } from "./execute.ts";
import { keepLease } from "./lease.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { Pack } from "./packs/pack.ts";
import { retryOutages } from "./retry.ts";
import { startTimebox } from "./timebox.ts";

const HAND_BACK_TRIES = 4;
/** So long a run waits in all for processes that other runs hold; then another worker, or this one later, takes it. */
const LONGEST_WAIT_SECONDS = 60;
/**
 * What went back so often waits on under its lease: each holder of a process is bounded by its own timebox, and tenants
 * take turns. It leaves some of the five hand-backs to workers that are told to stop.
 */
const MOST_HAND_BACKS_FOR_WAITS = 3;

export interface WorkerDeps extends ConcludeDeps {
  readonly redis: Redis;
  readonly queue: SignalReceiver & SignalSender;
  readonly metrics: Metrics;
  readonly packs: ReadonlyMap<string, Pack<unknown>>;
  readonly fetch: GuardedFetch;
}

export interface WorkerTimes {
  readonly lease_seconds: number;
  readonly heartbeat_seconds: number;
  readonly max_attempts: number;
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
  const log = deps.log.child({ run_id: signal.run_id, trace_id: traceIdOf(signal.traceparent) });
  try {
    await processSignal({ ...deps, log }, times, signal, message.receipt, stop);
  } catch (error) {
    deps.metrics.count("run_interrupted");
    log.warn("the run was interrupted; a sweep or the next signal goes on", { error });
  }
}

async function processSignal(
  deps: WorkerDeps,
  times: WorkerTimes,
  signal: RunSignal,
  receipt: string,
  stop: AbortSignal,
): Promise<void> {
  // W1
  const lease_token = newId(deps.clock.now(), deps.random.bytes(16));
  const claim = await claimRun(deps.db, { run_id: signal.run_id, lease_token, ...times });
  if (claim.kind === "busy") return;
  if (claim.kind === "over") return forget(deps, receipt);

  const { run } = claim;
  const pack = deps.packs.get(run.pack_type);
  if (pack === undefined) return refuseUnknownPack(deps, run);
  const execution = await work(deps, times, pack, run, receipt, stop);
  if (execution === "lost") {
    deps.metrics.count("lease_lost");
    return yieldTo(deps, run, receipt);
  }
  if (execution.kind === "stopped") return giveBack(deps, run, receipt);
  if (execution.kind === "waited") {
    deps.metrics.count("run_waited_too_long", { pack_type: run.pack_type });
    return giveBack(deps, run, receipt);
  }

  const closed = await conclude(deps, pack, run, execution);
  if (closed === undefined) return yieldTo(deps, run, receipt);
  deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: execution.kind });
  const reason_code = "reason_code" in execution ? execution.reason_code : undefined;
  const { charged_micros } = closed;
  deps.log.info("run closed", { pack_type: run.pack_type, attempt: run.attempt, charged_micros, reason_code });
  // W6
  await settle(deps.redis, { ...closed, charged: closed.charged_micros }).catch((error: unknown) =>
    deps.log.warn("the mirror was not told; the next sync will", { error }),
  );
  forget(deps, receipt);
}

/** A cancel, a sweep or another worker decides this run, or did. Nothing is undone; one that is over needs no signal. */
async function yieldTo(deps: WorkerDeps, run: ClaimedRun, receipt: string): Promise<void> {
  const status = await statusOf(deps.db, run.run_id);
  if (status === "CANCELED") deps.log.info("the run was canceled", { attempt: run.attempt });
  else deps.log.warn("the run is no longer ours", { attempt: run.attempt, status });
  if (status !== undefined && isTerminal(status)) forget(deps, receipt);
}

/** W7. Nobody waits for it: a message that stays finds its run over. */
function forget(deps: WorkerDeps, receipt: string): void {
  void deps.queue
    .delete(receipt)
    .catch((error: unknown) => deps.log.warn("a message was not deleted; its next delivery will be", { error }));
}

/** W2: the pack, with the heartbeat beside it; neither outlives the other. */
async function work(
  deps: WorkerDeps,
  times: WorkerTimes,
  pack: Pack<unknown>,
  run: ClaimedRun,
  receipt: string,
  stop: AbortSignal,
): Promise<Execution | "lost"> {
  const ended = new AbortController();
  const lost = new AbortController();
  const timebox = startTimebox(deps, run.tenant_id, {
    work_ms: run.timebox_sec * 1_000,
    wait_ms: run.hand_backs < MOST_HAND_BACKS_FOR_WAITS ? LONGEST_WAIT_SECONDS * 1_000 : undefined,
  });
  const beating = keepLease(deps, run, { ...times, waited_ms: () => timebox.waited_ms() }, receipt, ended.signal).then(
    (answer) => {
      if (answer === "lost") lost.abort();
    },
  );
  try {
    const execution = await execute(deps, pack, run, timebox, AbortSignal.any([stop, lost.signal]));
    return lost.signal.aborted ? "lost" : execution;
  } finally {
    ended.abort();
    await beating;
  }
}

/** Hands the run back and makes its signal visible at once, so that another worker takes it. */
async function giveBack(deps: WorkerDeps, run: ClaimedRun, receipt: string): Promise<void> {
  const answer = await retryOutages(deps, HAND_BACK_TRIES, () => handBack(deps.db, run));
  deps.log.info("run handed back", { answer });
  if (answer === "handed-back") {
    await deps.queue.send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })]);
    forget(deps, receipt);
  }
}

/**
 * A deploy may bring a pack to the edge before it reaches every worker: the run goes back, and its next signal is the
 * reaper's, a while later. When it came back too often, no worker has this pack.
 */
async function refuseUnknownPack(deps: WorkerDeps, run: ClaimedRun): Promise<void> {
  deps.log.error("no such pack in this worker", { pack_type: run.pack_type });
  const answer = await retryOutages(deps, HAND_BACK_TRIES, () => handBack(deps.db, run));
  if (answer === "kept") await failAs(deps, run, "PACK_UNKNOWN");
}
