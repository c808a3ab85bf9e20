import { Problem } from "#core/domain/problem.ts";
import { TEST_EVENT, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { testWebhook as send } from "#core/store/webhooks/webhook-deliveries.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { webhookId } from "./ids.ts";
import { tooManyDeliveries, webhookNotFound } from "./problems.ts";
import { deliveryView } from "./schemas.ts";
import { viewDelivery } from "./view.ts";

export const testWebhook = operation({
  id: "testWebhook",
  method: "POST",
  path: "/v1/webhooks/{id}/test",
  scope: "admin",
  tag: "webhooks",
  summary: "Send a test event",
  description: `Sends the webhook one event of the type \`${TEST_EVENT}\`, whatever it subscribes to: signed, sent, retried and listed as every other. Read its outcome in the list of deliveries. It costs nothing, and counts as an unpaid delivery, of which an account gets ${WEBHOOK_LIMITS.max_unpaid_per_hour} per hour (UTC): after that it is a 429 until the next hour. A disabled webhook gets none until it is enabled.`,
  params: { id: webhookId },
  body: EMPTY_BODY,
  responses: { 202: { description: "The event is sent.", schema: deliveryView } },
  problems: ["not-found", "webhook-disabled", "read-only"],
  async handle({ caller, params, change, json }, deps: ShieldDeps) {
    const result = await change(() => send(deps.db, caller.key_sha256, params.id));
    if (result.outcome === "too-many") throw tooManyDeliveries(result.retry_after_seconds);
    if (result.outcome === "disabled") throw new Problem("webhook-disabled");
    if (result.outcome === "absent") throw webhookNotFound();
    if (result.outcome !== "sending") throw changesHalted();
    return json(202, viewDelivery(result.delivery));
  },
});
