import { type AwaitDeps, awaitEnd } from "./await-end.ts";
import type { EdgeHandler } from "../http/context.ts";
import { callerOf } from "../admission/authenticate.ts";
import { findOwnRun } from "./find-own-run.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { runResponse } from "./view.ts";
import type { ShieldDeps } from "../admission/shield.ts";

/** `GET /v1/runs/{id}` */
export function getRun(deps: ShieldDeps & AwaitDeps): EdgeHandler {
  return async (c) => {
    callerOf(c);
    readQuery(c, NO_QUERY);
    return runResponse(c, await awaitEnd(deps, c, await findOwnRun(deps, c)), 200);
  };
}
