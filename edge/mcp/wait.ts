import { isTerminal } from "#core/domain/run.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import { watchRun } from "../runs/watch-run.ts";
import type { McpContext } from "./context.ts";

export const POLL_INTERVAL_MS = 1_000;

/**
 * The run once it is over, or as it is after that many seconds; at once where too many responses are held open.
 * Undefined where the key may not read it.
 */
export async function awaitRun(
  { c, deps, caller, wait_until_ms }: McpContext,
  run_id: string,
  seconds: number,
): Promise<FoundRun | undefined> {
  const { key_sha256 } = caller;
  const { signal } = c.req.raw;
  const found = await findRun(deps.db, key_sha256, run_id);
  if (found.kind !== "found") return undefined;
  let last = found.run;
  const hold = seconds > 0 && !isTerminal(last.status) ? deps.connections.take(last.tenant_id, signal) : undefined;
  if (hold === undefined) return last;
  const until_ms = Math.min(wait_until_ms, deps.clock.now() + seconds * 1_000);
  for await (const check of watchRun(deps, last, { key_sha256, until_ms, signal, hold })) {
    if (check.kind === "found") last = check.run;
    else if (check.kind !== "outage") return undefined;
  }
  return last;
}
