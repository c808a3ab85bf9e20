import { sha256Hex } from "#core/domain/hash.ts";
import { newId } from "#core/domain/ids.ts";
import { type RunSignal, decodeSignal, encodeSignal } from "#core/domain/message.ts";
import { type Micros, micros } from "#core/domain/money.ts";
import { chargeFor } from "#core/domain/pack.ts";
import { MAX_RESULT_BYTES, resultText } from "#core/domain/result.ts";
import { REASONS } from "#core/domain/run.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ReceivedMessage, SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import { type ClaimedRun, claimRun } from "#core/store/postgres/claim-run.ts";
import { type ClosedRun, closeRun } from "#core/store/postgres/close-run.ts";
import { handBack } from "#core/store/postgres/hand-back.ts";
import { settle } from "#core/store/redis/settle.ts";
import { type Execution, execute } from "./execute.ts";
import { type FinalizeDeps, type FinishedWork, finalize } from "./finalize.ts";
import { keepLease } from "./lease.ts";
import type { GuardedFetch } from "./packs/fetch/guarded-fetch.ts";
import type { Pack } from "./packs/pack.ts";
import { retryOutages } from "./retry.ts";

const FAIL_TRIES = 4;

export interface WorkerDeps extends FinalizeDeps {
  readonly redis: Redis;
  readonly queue: SignalReceiver & SignalSender;
  readonly clock: Clock;
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
  if (claim.kind === "over") return deps.queue.delete(receipt);

  const { run } = claim;
  const pack = deps.packs.get(run.pack_type);
  if (pack === undefined) {
    deps.log.error("no such pack in this worker; the run goes back", { pack_type: run.pack_type });
    await giveBack(deps, run, receipt);
    return;
  }
  const execution = await work(deps, times, pack, run, receipt, stop);
  if (execution === "lost") {
    deps.metrics.count("lease_lost");
    deps.log.warn("the lease is lost; another decides this run");
    return;
  }
  if (execution.kind === "stopped") return giveBack(deps, run, receipt);

  const closed = await conclude(deps, pack, run, execution);
  if (closed === undefined) {
    deps.log.warn("the race for this run is lost");
    return;
  }
  deps.metrics.count("run_closed", { pack_type: run.pack_type, kind: execution.kind });
  // W6
  await settle(deps.redis, { ...closed, charged: closed.charged_micros }).catch((error: unknown) =>
    deps.log.warn("the mirror was not told; the next sync will", { error }),
  );
  // W7
  await deps.queue.delete(receipt);
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
  const beating = keepLease(deps, run, times, receipt, ended.signal).then((answer) => {
    if (answer === "lost") lost.abort();
  });
  try {
    const execution = await execute(deps, pack, run, AbortSignal.any([stop, lost.signal]));
    return lost.signal.aborted ? "lost" : execution;
  } finally {
    ended.abort();
    await beating;
  }
}

/** W3 to W5 for finished work; `close_run` under the lease for every kind of failure. */
async function conclude(
  deps: WorkerDeps,
  pack: Pack<unknown>,
  run: ClaimedRun,
  execution: Exclude<Execution, { kind: "stopped" }>,
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
  const work = describeWork(deps, pack, run, execution);
  if (work === undefined) return failAs(deps, run, "PACK_CRASHED");
  if (work.body.byteLength > MAX_RESULT_BYTES) return failAs(deps, run, "RESULT_TOO_LARGE");
  return finalize(deps, run, newId(deps.clock.now(), deps.random.bytes(16)), work);
}

/** The result object and its price; undefined when the pack made something that JSON or its price list cannot hold. */
function describeWork(
  deps: WorkerDeps,
  pack: Pack<unknown>,
  run: ClaimedRun,
  done: Extract<Execution, { kind: "done" }>,
): FinishedWork | undefined {
  try {
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

const failAs = (deps: WorkerDeps, run: ClaimedRun, reason: keyof typeof REASONS) =>
  fail(deps, run, run.minimum_fee_micros, reason, REASONS[reason]);

function fail(deps: WorkerDeps, run: ClaimedRun, charge: Micros, reason_code: string, reason_detail: string) {
  return retryOutages(deps, FAIL_TRIES, () =>
    closeRun(
      deps.db,
      run.run_id,
      { stage: "leased", lease_token: run.lease_token },
      { status: "FAILED", charge, reason_code, reason_detail },
    ),
  );
}

/** Hands the run back and makes its signal visible at once, so that another worker takes it. */
async function giveBack(deps: WorkerDeps, run: ClaimedRun, receipt: string): Promise<void> {
  const answer = await handBack(deps.db, run);
  deps.log.info("run handed back", { answer });
  if (answer === "handed-back") {
    await deps.queue.send([encodeSignal({ run_id: run.run_id, traceparent: run.trace_parent })]);
    await deps.queue.delete(receipt);
  }
}
