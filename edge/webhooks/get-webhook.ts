import { listWebhooks } from "#core/store/webhooks/list-webhooks.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import { read } from "../admission/read.ts";
import { noSuchWebhook } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, idOf, type WebhookDeps } from "./webhook-request.ts";
import { webhookOf } from "./view.ts";

/** `GET /v1/webhooks/{id}` */
export function getWebhook(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const id = idOf(c, "id");
    readQuery(c, NO_QUERY);
    const look = () => listWebhooks(deps.db, caller.key_sha256, id);
    const found = concluded(c, await read(deps, caller, look, "admin"));
    const [webhook] = found.kind === "found" ? found.webhooks : [];
    if (webhook === undefined) throw noSuchWebhook();
    return c.json(webhookOf(webhook));
  };
}
