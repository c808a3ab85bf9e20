import type { z } from "zod";
import { type KeyRequest, keyRequest } from "#core/domain/key-request.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readBody } from "../http/body.ts";
import type { EdgeHandler } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import type { newKeyView } from "./schemas.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import { viewKey } from "./view.ts";
import { createKey as create, type KeyDeps } from "./manage-keys.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { expiryPast } from "../admission/refusals.ts";

/** `POST /v1/keys` */
export function createKey(deps: Omit<KeyDeps, "defer"> & ReadBodyDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const wanted = await readValid(deps, caller, () => readKey(deps, c.req.raw));

    const { rate, verdict } = await create({ ...deps, defer: deferTo(c, deps) }, caller, wanted);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    const body: z.input<typeof newKeyView> = { ...viewKey(verdict.key), api_key: verdict.api_key };
    return c.json(body, 201, { Location: `/v1/keys/${body.key_id}` });
  };
}

async function readKey({ clock }: { readonly clock: Clock }, request: Request): Promise<KeyRequest> {
  const parsed = keyRequest.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) throw bodyProblem(parsed.error);
  const { expires_at } = parsed.data;
  // Postgres asks its own clock; this keeps away from it what its calendar does not have.
  if (expires_at !== undefined && expires_at.getTime() <= clock.now()) throw expiryPast();
  return parsed.data;
}
