import type { z } from "zod";
import { rotateRequest } from "#core/domain/key-request.ts";
import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readOptionalBody } from "../http/body.ts";
import type { EdgeHandler } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import type { rotatedKeyView } from "./schemas.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import { keyIdOf, viewKey } from "./view.ts";
import { type KeyDeps, rotateKey as rotate } from "./manage-keys.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";

/** `POST /v1/keys/{id}/rotate` */
export function rotateKey(deps: Omit<KeyDeps, "defer"> & ReadBodyDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const key_id = keyIdOf(c);
    readQuery(c, NO_QUERY);
    const { grace_seconds } = await readValid(deps, caller, () => readGrace(c.req.raw));

    const old = { key_id, grace_seconds };
    const { rate, verdict } = await rotate({ ...deps, defer: deferTo(c, deps) }, caller, old);
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    const body: z.input<typeof rotatedKeyView> = {
      ...viewKey(verdict.key),
      api_key: verdict.api_key,
      old_expires_at: verdict.old_expires_at.toISOString(),
    };
    return c.json(body, 201, { Location: `/v1/keys/${body.key_id}` });
  };
}

async function readGrace(request: Request): Promise<z.output<typeof rotateRequest>> {
  const bytes = await readOptionalBody(request);
  const parsed = rotateRequest.safeParse(bytes === undefined ? {} : parseJson(bytes));
  if (!parsed.success) throw bodyProblem(parsed.error);
  return parsed.data;
}
