import { REASONS } from "#core/domain/run.ts";
import type { PackOutcome } from "#core/domain/pack.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { ClaimedRun } from "#core/store/postgres/claim-run.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import { soundOutcome } from "./outcome.ts";
import { NoWorkProcess } from "./packs/isolation/no-work-process.ts";
import type { Pack, PackContext } from "./packs/pack.ts";
import { owning } from "./stray-errors.ts";

export type Execution =
  | PackOutcome
  /** The lease is gone or the worker stops: nothing is to be written. */
  | { readonly kind: "stopped" };

interface ExecuteDeps {
  readonly sleeper: Sleeper;
  readonly fetch: GuardedFetch;
  readonly log: Log;
}

/**
 * W2: runs the pack under its timebox. Whatever the pack does with its AbortSignal, this ends when the timebox passes
 * or `stop` aborts. A pack that throws has crashed; what it threw goes to the log alone.
 */
export async function execute(
  deps: ExecuteDeps,
  pack: Pack<unknown>,
  run: ClaimedRun,
  stop: AbortSignal,
): Promise<Execution> {
  const inputs = pack.offer.inputs.safeParse(JSON.parse(run.inputs));
  if (!inputs.success) {
    return { kind: "input_rejected", reason_code: "INPUTS_INVALID", detail: "The pack no longer takes these inputs." };
  }
  const work = new AbortController();
  const timer = new AbortController();
  const halted = aborted(stop);
  try {
    return await Promise.race([
      perform(deps, pack, inputs.data, { signal: work.signal, cap: run.reserved_micros }),
      deps.sleeper.sleep(run.timebox_sec * 1000, timer.signal).then(() => failed("TIMEBOX_EXCEEDED")),
      halted.promise.then((): Execution => ({ kind: "stopped" })),
    ]);
  } finally {
    work.abort();
    timer.abort();
    halted.forget();
  }
}

/** What the pack makes of its inputs. Never rejects: whatever it throws, at once or from what it left behind, is a crash. */
async function perform(
  { fetch, log }: ExecuteDeps,
  pack: Pack<unknown>,
  inputs: unknown,
  bounds: Pick<PackContext, "signal" | "cap">,
): Promise<Execution> {
  const stray = Promise.withResolvers<Execution>();
  const onStray = (error: unknown) => {
    log.error("a pack left an error behind", { error });
    stray.resolve(failed("PACK_CRASHED"));
  };
  try {
    const work = owning(onStray, async () => soundOutcome(await pack.run(inputs, { ...bounds, fetch, log })));
    const outcome = await Promise.race([work, stray.promise]);
    if (outcome !== undefined) return outcome;
    log.error("the pack answered something that is no outcome");
    return failed("RESULT_INVALID");
  } catch (error) {
    if (error instanceof NoWorkProcess) {
      log.error("no process could be started for the work", { error });
      return failed("NO_WORK_PROCESS");
    }
    if (!bounds.signal.aborted) log.error("pack crashed", { error });
    return failed("PACK_CRASHED");
  }
}

const failed = (reason_code: keyof typeof REASONS): Execution => ({
  kind: "pack_failed",
  reason_code,
  detail: REASONS[reason_code],
});

function aborted(signal: AbortSignal): { readonly promise: Promise<void>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => resolve();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", listener, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", listener) };
}
