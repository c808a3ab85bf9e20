import { type AwaitDeps, awaitEnd } from "../await-end.ts";
import type { EdgeHandler } from "../context.ts";
import { findOwnRun } from "../find-own-run.ts";
import { runResponse } from "../run-response.ts";
import type { ShieldDeps } from "../shield.ts";

/** `GET /v1/runs/{id}` */
export function getRun(deps: ShieldDeps & AwaitDeps): EdgeHandler {
  return async (c) => runResponse(c, await awaitEnd(deps, c, await findOwnRun(deps, c)), 200);
}
