import { isTerminal } from "#core/domain/run.ts";
import { findRun, type FoundRun } from "#core/store/postgres/find-run.ts";
import type { Conversation } from "./conversation.ts";

export const POLL_INTERVAL_MS = 1_000;
export const MAX_WAIT_S = 30;

const sleep = (ms: number): Promise<void> => new Promise((wake) => void setTimeout(wake, ms));

/** The run once it is over, or as it is after that many seconds; undefined where the key may not read it. */
export async function awaitRun(
  { c, deps, caller }: Conversation,
  run_id: string,
  seconds: number,
): Promise<FoundRun | undefined> {
  const until_ms = deps.clock.now() + seconds * 1_000;
  for (;;) {
    const found = await findRun(deps.db, caller.key_sha256, run_id);
    if (found.kind !== "found") return undefined;
    const left_ms = until_ms - deps.clock.now();
    if (isTerminal(found.run.status) || left_ms <= 0 || c.req.raw.signal.aborted) return found.run;
    await sleep(Math.min(POLL_INTERVAL_MS, left_ms));
  }
}
