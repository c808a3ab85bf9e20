import { Problem } from "#core/domain/problem.ts";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { redeliverWebhook as redeliver } from "#core/store/webhooks/webhook-deliveries.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { deliveryId, webhookIdOrDefault } from "./ids.ts";
import { deliveryNotFound, tooManyDeliveries } from "./problems.ts";
import { deliveryView } from "./schemas.ts";
import { viewDelivery } from "./view.ts";

export const redeliverWebhook = operation({
  id: "redeliverWebhook",
  method: "POST",
  path: "/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver",
  scope: "admin",
  tag: "webhooks",
  summary: "Redeliver an event",
  description: `Sends one delivery again at once, whatever its status, with the same \`webhook-id\`; an attempt in progress is left to finish. It counts as an unpaid delivery, of which an account gets ${WEBHOOK_LIMITS.max_unpaid_per_hour} per hour (UTC): after that it is a 429 until the next hour.`,
  params: { id: webhookIdOrDefault, delivery_id: deliveryId },
  body: EMPTY_BODY,
  responses: { 202: { description: "The delivery is sent again.", schema: deliveryView } },
  problems: ["not-found", "webhook-disabled", "read-only"],
  async handle({ caller, params, change, json }, deps: ShieldDeps) {
    const names = { endpoint_id: params.id, delivery_id: params.delivery_id };
    const result = await change(() => redeliver(deps.db, caller.key_sha256, names));
    if (result.outcome === "too-many") throw tooManyDeliveries(result.retry_after_seconds);
    if (result.outcome === "disabled") throw new Problem("webhook-disabled");
    if (result.outcome === "absent") throw deliveryNotFound();
    if (result.outcome !== "redelivering") throw changesHalted();
    return json(202, viewDelivery(result.delivery));
  },
});
