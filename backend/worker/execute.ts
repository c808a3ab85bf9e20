import { REASONS } from "#core/domain/run.ts";
import type { PackOffer, PackOutcome, Units } from "#core/domain/pack.ts";
import { type Written, WrittenJson } from "#core/domain/written-json.ts";
import type { Log } from "#core/ports/log.ts";
import type { LeasedRun } from "#core/store/runs/lease-run.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { OffThread } from "./off-thread/off-thread.ts";
import { parseOutcome } from "./outcome.ts";
import type { Asker } from "./packs/isolation/turn.ts";
import { NotBegun, ProcessLost } from "./packs/isolation/work-process.ts";
import type { Pack, PackContext } from "./packs/pack.ts";
import { owning } from "./unhandled-errors.ts";
import type { Timebox, TimeIsUp } from "./timebox.ts";

/** A pack's work that ended well. What may be large of it is written already, or could not be. */
export interface Done {
  readonly kind: "done";
  readonly units: Units;
  readonly reliability: number;
  readonly written: { readonly data: Uint8Array; readonly artifacts: Uint8Array } | Exclude<Written, Uint8Array>;
}

type Work =
  | Done
  | Exclude<PackOutcome, { kind: "done" }>
  /** The lease is gone or the worker stops: nothing is to be written. */
  | { readonly kind: "stopped" }
  /** The run waited too long for its turn: likewise. */
  | { readonly kind: "waited" }
  /** This worker could start no process: likewise. */
  | { readonly kind: "no_process" }
  /** The process that did the work was killed, by none of its limits: likewise. */
  | { readonly kind: "process_lost" };

/** `owed` is what was used by then and is paid for though the run fails. */
export type Execution = Work & { readonly owed: Units };

/** A run that ended, well or not. */
export type Ended = Extract<Execution, { kind: "done" | "input_rejected" | "pack_failed" }>;

interface ExecuteDeps {
  readonly fetch: GuardedFetch;
  readonly log: Log;
  readonly offThread: OffThread;
}

/**
 * W2: runs the pack under its timebox. Whatever the pack does with its AbortSignal, this ends when the timebox passes
 * or `stop` aborts. A pack that throws has crashed; the error is only logged.
 */
export async function execute(
  deps: ExecuteDeps,
  pack: Pack<unknown>,
  run: LeasedRun,
  timebox: Timebox,
  stop: AbortSignal,
): Promise<Execution> {
  const work = new AbortController();
  const halted = aborted(stop);
  let owed: Units = {};
  try {
    const ended = await Promise.race([
      perform(deps, pack, run, timebox, {
        signal: work.signal,
        turn: timebox,
        cap: run.reserved_micros,
        is_free: run.minimum_fee_micros === 0,
        owe: (units) => (owed = units),
      }),
      timebox.over.then((what): Work => OVER[what]),
      halted.promise.then((): Work => ({ kind: "stopped" })),
    ]);
    return { ...ended, owed };
  } finally {
    work.abort();
    timebox.end();
    halted.forget();
  }
}

/** What the pack makes of its inputs. Never rejects: whatever it throws, at once or from what it left behind, is a crash. */
async function perform(
  deps: ExecuteDeps,
  pack: Pack<unknown>,
  run: LeasedRun,
  timebox: Timebox,
  bounds: Pick<PackContext, "signal" | "turn" | "cap" | "is_free" | "owe">,
): Promise<Work> {
  const { fetch, log, offThread } = deps;
  const unhandled = Promise.withResolvers<Work>();
  const onUnhandled = (error: unknown) => {
    log.error("a pack did not handle an error", { error });
    unhandled.resolve(failed("PACK_CRASHED"));
  };
  try {
    const read = await offThread.readInputs(pack.offer, run.inputs, bounds);
    if (read.kind !== "ok") return REFUSALS[read.kind];
    const work = owning(onUnhandled, async () => {
      const outcome = parseOutcome(await pack.run(read.inputs, { ...bounds, fetch, log }));
      timebox.done();
      return outcome?.kind === "done" ? await finish(offThread, pack.offer, outcome, bounds) : outcome;
    });
    const outcome = await Promise.race([work, unhandled.promise]);
    if (outcome !== undefined) return outcome;
    log.error("the pack returned an invalid outcome");
    return failed("RESULT_INVALID");
  } catch (error) {
    if (error instanceof NotBegun) {
      log.error("no work process was available", { error });
      return { kind: "no_process" };
    }
    if (error instanceof ProcessLost) {
      log.error("the work's process was lost", { error });
      return { kind: "process_lost" };
    }
    if (!bounds.signal.aborted) log.error("pack crashed", { error });
    return failed("PACK_CRASHED");
  }
}

const REFUSALS: Readonly<Record<"refused" | "too_costly", Work>> = {
  refused: { kind: "input_rejected", reason_code: "INPUTS_INVALID", detail: "The pack no longer takes these inputs." },
  too_costly: {
    kind: "pack_failed",
    reason_code: "INPUTS_TOO_COSTLY",
    detail: "The inputs could not be checked within the bounds of time and memory.",
  },
};

async function finish(
  offThread: OffThread,
  offer: PackOffer,
  { kind, units, reliability, data, artifacts }: Extract<PackOutcome, { kind: "done" }>,
  asker: Asker,
): Promise<Done> {
  const written = data instanceof WrittenJson ? data.written : await offThread.writeData(offer, data, asker);
  if (!(written instanceof Uint8Array)) return { kind, units, reliability, written };
  const files = await offThread.writeJson(artifacts, asker);
  if (!(files instanceof Uint8Array)) return { kind, units, reliability, written: files };
  return { kind, units, reliability, written: { data: written, artifacts: files } };
}

const failed = (reason_code: keyof typeof REASONS): Work => ({
  kind: "pack_failed",
  reason_code,
  detail: REASONS[reason_code],
});

const OVER: Readonly<Record<TimeIsUp, Work>> = {
  timebox: failed("TIMEBOX_EXCEEDED"),
  waits: { kind: "waited" },
};

function aborted(signal: AbortSignal): { readonly promise: Promise<void>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => resolve();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", listener, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", listener) };
}
