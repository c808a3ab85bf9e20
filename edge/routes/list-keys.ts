import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { listOwnKeys } from "#core/store/postgres/list-own-keys.ts";
import { callerOf } from "../authenticate.ts";
import type { EdgeHandler } from "../context.ts";
import type { keyList } from "../docs/answers/keys.ts";
import { viewKey } from "../key-view.ts";
import { readParameters, unfit } from "../parameters.ts";
import { read } from "../read.ts";
import type { ShieldDeps } from "../shield.ts";

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;
const LIMIT_FAULT = `must be a whole number from 1 to ${MAX_LIMIT}`;
const CURSOR_FAULT = "is not a next_cursor of this list";

const page = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, LIMIT_FAULT)
    .transform(Number)
    .refine((limit) => limit <= MAX_LIMIT, LIMIT_FAULT)
    .default(DEFAULT_LIMIT),
  cursor: z.guid(CURSOR_FAULT).pipe(uuid).optional(),
});

/** `GET /v1/keys` */
export function listKeys(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const { limit, cursor } = readParameters(c, page);
    // One more than is shown tells whether there is more.
    const look = () => listOwnKeys(deps.db, caller.key_sha256, { after: cursor, limit: limit + 1 });
    const { rate, verdict } = await read(deps, caller, look, "admin");
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw unfit([{ parameter: "cursor", detail: CURSOR_FAULT }]);
    const keys = verdict.keys.slice(0, limit);
    const last = keys.at(-1);
    const next_cursor = verdict.keys.length > limit && last !== undefined ? last.key_id : null;
    if (next_cursor !== null) c.header("Link", `</v1/keys?limit=${limit}&cursor=${next_cursor}>; rel="next"`);
    return c.json({ keys: keys.map(viewKey), next_cursor } satisfies z.input<typeof keyList>);
  };
}
