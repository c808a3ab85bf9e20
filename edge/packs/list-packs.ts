import type { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { packList } from "./schemas.ts";
import { listPacks as list } from "./plan-offers.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import type { ShieldDeps } from "../admission/shield.ts";

/** `GET /v1/packs` */
export function listPacks(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const { rate, verdict } = await list(deps, caller);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    const body: z.input<typeof packList> = { packs: [...verdict] };
    return c.json(body);
  };
}
