import { enableWebhook as enable } from "#core/store/webhooks/change-webhook.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { webhookId } from "./ids.ts";
import { noSuchWebhook } from "./problems.ts";
import { webhookView } from "./schemas.ts";
import { viewWebhook } from "./view.ts";

export const enableWebhook = operation({
  id: "enableWebhook",
  method: "POST",
  path: "/v1/webhooks/{id}/enable",
  scope: "admin",
  tag: "webhooks",
  summary: "Enable a webhook",
  description:
    "Makes a webhook active again whose receiver answered 410. Deliveries that were canceled then are sent when each is asked for again.",
  params: { id: webhookId },
  body: EMPTY_BODY,
  responses: { 200: { description: "The webhook, active.", schema: webhookView } },
  problems: ["not-found", "read-only"],
  async handle({ caller, params, change, json }, deps: ShieldDeps) {
    const answer = await change(() => enable(deps.db, caller.key_sha256, params.id));
    if (answer.outcome === "absent") throw noSuchWebhook();
    if (answer.outcome !== "enabled") throw changesHalted();
    return json(200, viewWebhook(answer.webhook));
  },
});
