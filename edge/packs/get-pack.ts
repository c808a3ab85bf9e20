import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import { showPack } from "./plan-offers.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import type { ShieldDeps } from "../admission/shield.ts";

/** `GET /v1/packs/{type}` */
export function getPack(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const { rate, verdict } = await showPack(deps, caller, c.req.param("type") ?? "");
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return c.json(verdict);
  };
}
