import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import { keyIdOf, viewKey } from "./view.ts";
import { type KeyDeps, revokeKey as revoke } from "./manage-keys.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";

/** `DELETE /v1/keys/{id}` */
export function revokeKey(deps: Omit<KeyDeps, "defer">): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const key_id = keyIdOf(c);
    readQuery(c, NO_QUERY);
    const { rate, verdict } = await revoke({ ...deps, defer: deferTo(c, deps) }, caller, key_id);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return c.json(viewKey(verdict));
  };
}
