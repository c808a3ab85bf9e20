import { findBudget } from "#core/store/ledger/find-budget.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import { read } from "../admission/read.ts";
import { noSuchRun } from "../admission/refusals.ts";
import type { Caller } from "../admission/shield.ts";
import type { Outcome } from "../runs/submit.ts";
import type { McpDeps } from "./deps.ts";

/** One request of one caller, over which any number of use cases may be asked. */
export interface McpContext {
  readonly c: EdgeRequest;
  readonly deps: McpDeps;
  readonly caller: Caller;
}

export const deferred = ({ c, deps }: McpContext) => ({ ...deps, defer: deferTo(c, deps) });

/** What a use case found; where the caller stands goes into the answer's headers. Throws its problem. */
export function settled<T>({ c }: McpContext, policy: "submit" | "read", { rate, verdict }: Outcome<T>): T {
  if (rate !== undefined) c.set("rate", { policy, state: rate });
  if (verdict instanceof Problem) throw verdict;
  return verdict;
}

/** The caller's run of this id. Nobody learns whether another's exists. */
export async function ownRun(ctx: McpContext, run_id: string): Promise<FoundRun> {
  const { deps, caller } = ctx;
  const found = settled(ctx, "read", await read(deps, caller, () => findRun(deps.db, caller.key_sha256, run_id)));
  if (found.kind !== "found") throw noSuchRun();
  return found.run;
}

/** Counts a request that asks for nothing of the account's own: any good key may, whatever its scopes. */
export async function knownCaller(ctx: McpContext): Promise<void> {
  const { c, deps, caller } = ctx;
  const { rate, verdict } = await read(deps, caller, () => findBudget(deps.db, caller.key_sha256));
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem && verdict.slug !== "scope-missing") throw verdict;
}
