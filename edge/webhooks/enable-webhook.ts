import { enableWebhook as enable } from "#core/store/webhooks/change-webhook.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { webhookId } from "./ids.ts";
import { webhookNotFound } from "./problems.ts";
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
    "Reactivates a webhook that was disabled because its receiver answered 410. Deliveries canceled then can be redelivered one by one.",
  params: { id: webhookId },
  body: EMPTY_BODY,
  responses: { 200: { description: "The webhook, active.", schema: webhookView } },
  problems: ["not-found", "read-only"],
  async handle({ caller, params, change, json }, deps: ShieldDeps) {
    const result = await change(() => enable(deps.db, caller.key_sha256, params.id));
    if (result.outcome === "absent") throw webhookNotFound();
    if (result.outcome !== "enabled") throw changesHalted();
    return json(200, viewWebhook(result.webhook));
  },
});
