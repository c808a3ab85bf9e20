import { deleteWebhook as remove } from "#core/store/webhooks/change-webhook.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { UNDOCUMENTED_EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { webhookId } from "./ids.ts";
import { webhookNotFound } from "./problems.ts";

export const deleteWebhook = operation({
  id: "deleteWebhook",
  method: "DELETE",
  path: "/v1/webhooks/{id}",
  scope: "admin",
  tag: "webhooks",
  summary: "Delete a webhook",
  description: "Its pending deliveries are canceled.",
  params: { id: webhookId },
  body: UNDOCUMENTED_EMPTY_BODY,
  responses: { 204: { description: "The webhook was deleted." } },
  problems: ["not-found", "read-only"],
  async handle({ c, caller, params, change }, deps: ShieldDeps) {
    const { outcome } = await change(() => remove(deps.db, caller.key_sha256, params.id));
    if (outcome === "absent") throw webhookNotFound();
    if (outcome !== "deleted") throw changesHalted();
    return c.body(null, 204);
  },
});
