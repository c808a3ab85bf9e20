import type { z } from "zod";
import type { Webhook } from "#core/store/webhooks/list-webhooks.ts";
import type { WebhookDelivery } from "#core/store/webhooks/webhook-deliveries.ts";
import type { deliveryView, webhookSecret, webhookView } from "./schemas.ts";

export function viewWebhook(webhook: Webhook): z.input<typeof webhookView> {
  return { ...webhook, created_at: webhook.created_at.toISOString() };
}

export function viewSecret(secret: string, previous_until: Date | null): z.input<typeof webhookSecret> {
  return { secret, previous_secret_valid_until: previous_until?.toISOString() ?? null };
}

export function viewDelivery(delivery: WebhookDelivery): z.input<typeof deliveryView> {
  const { event_uuid, next_attempt_at, created_at, delivered_at, ...rest } = delivery;
  return {
    ...rest,
    event_id: `evt_${event_uuid}`,
    next_attempt_at: next_attempt_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    delivered_at: delivered_at?.toISOString() ?? null,
  };
}
