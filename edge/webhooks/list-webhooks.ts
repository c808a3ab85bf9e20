import type { z } from "zod";
import { listWebhooks as list } from "#core/store/webhooks/list-webhooks.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { webhookList } from "./schemas.ts";
import { read } from "../admission/read.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, type WebhookDeps } from "./webhook-request.ts";
import { webhookOf } from "./view.ts";

/** `GET /v1/webhooks` */
export function listWebhooks(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const found = concluded(c, await read(deps, caller, () => list(deps.db, caller.key_sha256), "admin"));
    if (found.kind !== "found") throw new Error("webhooks were not found");
    const body: z.input<typeof webhookList> = { webhooks: found.webhooks.map(webhookOf) };
    return c.json(body);
  };
}
