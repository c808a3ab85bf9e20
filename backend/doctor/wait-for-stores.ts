import type { Sleeper } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import { UnusableStore } from "./unusable-store.ts";

/** A check without which a process must not begin its work. */
export interface Essential {
  readonly name: string;
  run(): Promise<unknown>;
  /** The process works without this store, as long as it is only out. */
  readonly mayBeOut?: boolean;
}

export interface WaitDeps {
  readonly checks: readonly Essential[];
  /** Whether an error stays whatever is tried: a wrong password, a missing bucket. */
  readonly isPermanent: (error: unknown) => boolean;
  readonly sleeper: Sleeper;
  readonly log: Log;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Waits until every store can be used. "unusable": one refuses for good, and the log says which; "stopped": `stop` came
 * first. One refusal alone decides nothing: a clock that is wrong, or rights that are new, are put right by the next try.
 */
export async function waitForStores(deps: WaitDeps, stop: AbortSignal): Promise<"usable" | "unusable" | "stopped"> {
  let left = deps.checks;
  let refused: readonly string[] = [];
  for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
    if (stop.aborted) return "stopped";
    const results = await Promise.all(left.map((check) => attempt(deps, check)));
    const refuse = left.filter((_, index) => results[index] === "unusable").map(({ name }) => name);
    if (refuse.some((name) => refused.includes(name))) return "unusable";
    refused = refuse;
    left = left.filter(
      (check, index) => results[index] === "unusable" || (results[index] === "out" && check.mayBeOut !== true),
    );
    if (left.length === 0) return "usable";
    await deps.sleeper.sleep(wait_ms, stop);
  }
}

async function attempt({ log, isPermanent }: WaitDeps, check: Essential): Promise<"usable" | "out" | "unusable"> {
  try {
    await check.run();
    return "usable";
  } catch (error) {
    const isUnusable = error instanceof UnusableStore || isPermanent(error);
    if (isUnusable) log.error("CRITICAL: a store cannot be used; see `dpp doctor`", { check: check.name, error });
    else log.warn("a store is not available yet", { check: check.name, error });
    return isUnusable ? "unusable" : "out";
  }
}
