import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readBody } from "../http/body.ts";
import type { EdgeHandler } from "../http/context.ts";
import { estimate, type EstimateDeps } from "./estimate.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { readRunRequest, type ReadRunDeps } from "./read-run-request.ts";

/** `POST /v1/runs/estimate`: S0 of a submit, and a look. */
export function estimateRun(deps: EstimateDeps & ReadRunDeps & ReadBodyDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const order = await readValid(deps, caller, async () => {
      readQuery(c, NO_QUERY);
      return readRunRequest(deps, parseJson(await readBody(c.req.raw)));
    });
    const { rate, verdict } = await estimate(deps, caller, order, new URL(c.req.url).origin);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return c.json(verdict, 200, {
      "X-DPP-Cost-Reserved": verdict.reserved_cost_usd,
      "X-DPP-Cost-Minimum-Fee": verdict.minimum_fee_usd,
    });
  };
}
