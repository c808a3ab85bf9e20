import { z } from "zod";
import { textUpTo } from "#core/domain/bounded.ts";
import { isPrintable, PRINTABLE } from "#core/domain/printable.ts";
import { deliveryStatus, EVENT_TYPES, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { webhookUrl } from "#core/domain/webhook-url.ts";

/** The body of `POST /v1/webhooks`. */
export const webhookRequest = z.strictObject({
  url: webhookUrl,
  events: z
    .array(z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(", ")}`))
    .max(EVENT_TYPES.length)
    .default([])
    .meta({
      description: "What it is told of; everything where this is empty or left out.",
      examples: [["run.completed", "run.failed"]],
    }),
  description: textUpTo(WEBHOOK_LIMITS.max_description_chars)
    .min(1)
    .refine(isPrintable, PRINTABLE)
    .optional()
    .meta({ description: "What it is for, in the caller's own words.", examples: ["Orders"] }),
});

export const DELIVERY_STATUSES = deliveryStatus.options;
