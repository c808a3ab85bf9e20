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

const MOST_PER_PAGE = 100;
const USUAL_PER_PAGE = 50;

/** The query of `GET /v1/webhooks/{id}/deliveries`. */
export const deliveryQuery = z.strictObject({
  status: z.enum(["pending", "delivered", "failed", "canceled"]).optional(),
  cursor: z.guid("is not a cursor that was given").optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a number from 1 to ${MOST_PER_PAGE}`)
    .transform(Number)
    .refine((count) => count <= MOST_PER_PAGE, `must be a number from 1 to ${MOST_PER_PAGE}`)
    .default(USUAL_PER_PAGE),
});

export const DELIVERY_PARAMETERS = [
  {
    name: "status",
    in: "query",
    description: "Only deliveries of this status.",
    schema: { type: "string", enum: ["pending", "delivered", "failed", "canceled"] },
  },
  {
    name: "cursor",
    in: "query",
    description: "Where to go on: the `next_cursor` of the page before.",
    schema: { type: "string", format: "uuid" },
  },
  {
    name: "limit",
    in: "query",
    description: "How many on a page.",
    schema: { type: "integer", minimum: 1, maximum: MOST_PER_PAGE, default: USUAL_PER_PAGE },
  },
] as const;
