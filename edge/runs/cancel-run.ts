import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { cancel, type CancelDeps } from "./cancel.ts";
import type { EdgeHandler } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import { runIdOf } from "./find-own-run.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import { readNothing } from "../http/read-nothing.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { runResponse } from "./view.ts";

/** `POST /v1/runs/{id}/cancel`: S0, then cancel. */
export function cancelRun(deps: Omit<CancelDeps, "defer"> & ReadBodyDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const run_id = runIdOf(c);
    await readValid(deps, caller, () => readNothing(c.req.raw));

    const { rate, verdict } = await cancel({ ...deps, defer: deferTo(c, deps) }, caller, run_id);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return runResponse(c, verdict.run, verdict.kind === "over" ? 200 : 202);
  };
}
