import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { listWebhooks as list } from "#core/store/webhooks/list-webhooks.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { webhookList } from "./schemas.ts";
import { viewWebhook } from "./view.ts";

export const listWebhooks = operation({
  id: "listWebhooks",
  method: "GET",
  path: "/v1/webhooks",
  scope: "admin",
  tag: "webhooks",
  summary: "List the webhooks",
  description: `All webhooks of the account, oldest first: at most ${WEBHOOK_LIMITS.max_endpoints}.`,
  responses: { 200: { description: "The webhooks.", schema: webhookList } },
  async handle({ caller, read, json }, deps: ShieldDeps) {
    const found = await read(() => list(deps.db, caller.key_sha256));
    if (found.kind !== "found") throw new Error("webhooks were not found");
    return json(200, { webhooks: found.webhooks.map(viewWebhook) });
  },
});
