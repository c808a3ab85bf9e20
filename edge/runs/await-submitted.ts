import type { ResultDocument } from "#core/domain/result.ts";
import { isTerminal } from "#core/domain/run.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import { type AwaitDeps, awaitEnd, type AwaitRequest } from "./await-end.ts";
import { inlineOutput, type InlineOutputDeps } from "./inline-output.ts";

interface Awaited {
  readonly run: FoundRun;
  /** Null: none that is small, or none yet. Undefined: it was not waited for. */
  readonly output?: ResultDocument | null;
}

/**
 * Waits for the end of a run that was accepted just now, or before. It is accepted whatever comes: where it cannot be waited
 * for, for want of the scope `read` or by an error, it is answered as it was accepted, without Preference-Applied.
 */
export async function awaitSubmitted(
  deps: AwaitDeps & InlineOutputDeps,
  request: AwaitRequest,
  accepted: FoundRun,
): Promise<Awaited> {
  const { c, caller, wait_s } = request;
  if (wait_s === undefined) return { run: accepted };
  // A 401 of the wait would take the rate of the submit away.
  const rate = c.get("rate");
  try {
    // Nobody looks at a run that is over again: whether this key may read its result is asked here.
    const isReadable =
      !isTerminal(accepted.status) || (await findRun(deps.db, caller.key_sha256, accepted.run_id)).kind === "found";
    if (!isReadable) return { run: accepted };
    const run = await awaitEnd(deps, request, accepted);
    return { run, output: await inlineOutput(deps, run) };
  } catch (error) {
    c.set("rate", rate);
    deps.log.info("an accepted run could not be waited for", { error, run_id: accepted.run_id });
    return { run: accepted };
  }
}
