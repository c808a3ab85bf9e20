import { z } from "zod";
import { EVENT_TYPES, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { webhookUrl } from "#core/domain/webhook-url.ts";

/** The body of `POST /v1/webhooks`. */
export const webhookRequest = z.strictObject({
  url: webhookUrl,
  events: z
    .array(z.enum(EVENT_TYPES))
    .max(EVENT_TYPES.length)
    .default([])
    .describe("What it is told of; everything where this is empty or left out."),
  description: z.string().min(1).max(WEBHOOK_LIMITS.max_description_chars).optional(),
});

export const DELIVERIES_PER_PAGE = { most: 100, usual: 50 };
export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "canceled"] as const;
