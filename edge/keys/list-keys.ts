import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { listOwnKeys } from "#core/store/keys/list-own-keys.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import { linkToNext, NO_CURSOR } from "../http/cursor.ts";
import type { keyList } from "./schemas.ts";
import { KEYS_PER_PAGE } from "../openapi/listings.ts";
import { viewKey } from "./view.ts";
import { unfitQuery } from "../http/field-errors.ts";
import { once, readQuery, wholeNumber } from "../http/query.ts";
import { read } from "../admission/read.ts";
import type { ShieldDeps } from "../admission/shield.ts";

const page = z.strictObject({
  limit: once(wholeNumber(1, KEYS_PER_PAGE.most)).default(KEYS_PER_PAGE.usual),
  cursor: once(z.guid(NO_CURSOR).pipe(uuid)).optional(),
});

/** `GET /v1/keys` */
export function listKeys(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const { limit, cursor } = readQuery(c, page);
    // One more than is shown tells whether there is more.
    const look = () => listOwnKeys(deps.db, caller.key_sha256, { after: cursor, limit: limit + 1 });
    const { rate, verdict } = await read(deps, caller, look, "admin");
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw unfitQuery([{ parameter: "cursor", detail: NO_CURSOR }]);
    const keys = verdict.keys.slice(0, limit);
    const last = keys.at(-1);
    const next_cursor = verdict.keys.length > limit && last !== undefined ? last.key_id : null;
    const body: z.input<typeof keyList> = { keys: keys.map(viewKey), next_cursor };
    return c.json(body, 200, linkToNext(c, next_cursor));
  };
}
