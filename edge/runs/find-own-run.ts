import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeRequest } from "../http/context.ts";
import { read } from "../admission/read.ts";
import { noSuchRun } from "../admission/refusals.ts";
import type { ShieldDeps } from "../admission/shield.ts";

/** The run that the path names, if it is the caller's. Nobody learns whether another's exists. */
export async function findOwnRun(deps: ShieldDeps, c: EdgeRequest): Promise<FoundRun> {
  const caller = callerOf(c);
  const run_id = runIdOf(c);
  const { rate, verdict } = await read(deps, caller, () => findRun(deps.db, caller.key_sha256, run_id));
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem) throw verdict;
  if (verdict.kind !== "found") throw noSuchRun();
  return verdict.run;
}

/** The run id in the path. Throws the 400 problem for what is none. */
export function runIdOf(c: EdgeRequest): string {
  const id = uuid.safeParse(c.req.param("id"));
  if (id.success) return id.data;
  throw new Problem("invalid-request", "The run id in the path is not a UUID.", {
    errors: [{ parameter: "id", detail: "is not a UUID" }],
  });
}

export const isExpired = (run: FoundRun): boolean => run.status === "EXPIRED" || run.expired;
