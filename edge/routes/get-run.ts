import type { EdgeHandler } from "../context.ts";
import { callerOf } from "../authenticate.ts";
import { findOwnRun } from "../find-own-run.ts";
import { requireKnownQuery } from "../known-query.ts";
import { runResponse } from "../run-response.ts";
import type { ShieldDeps } from "../shield.ts";

/** `GET /v1/runs/{id}` */
export function getRun(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    callerOf(c);
    requireKnownQuery(c);
    return runResponse(c, await findOwnRun(deps, c), 200);
  };
}
