import { z } from "zod";
import { deliveryStatus, EVENT_TYPES, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { when } from "./figures.ts";

const endpoint_id = z.uuid();
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{43}=$/)
  .describe("The signing secret: `whsec_` and 32 bytes in base64, for any library of Standard Webhooks.");

export const webhookView = z.strictObject({
  endpoint_id,
  url: z.string(),
  events: z.array(z.enum(EVENT_TYPES)).describe("What it is told of; empty: everything."),
  description: z.string().nullable(),
  status: z.enum(["active", "disabled"]),
  disabled_reason: z.string().nullable().describe("`gone`: its receiver answered 410."),
  created_at: when,
});

export const webhookList = z.strictObject({
  webhooks: z.array(webhookView).max(WEBHOOK_LIMITS.max_endpoints),
});

export const webhookCreated = z.strictObject({ ...webhookView.shape, secret: secret.describe("Shown this once.") });

export const webhookSecret = z.strictObject({
  secret,
  previous_secret_valid_until: when.nullable().describe("Until then the secret before signs too."),
});

export const deliveryView = z.strictObject({
  delivery_id: z.uuid(),
  event_id: z
    .string()
    .regex(/^evt_[0-9a-f-]{36}$/)
    .describe("The `webhook-id`: the same in every attempt, and at every receiver."),
  type: z.string(),
  run_id: z.uuid().nullable(),
  url: z.string(),
  status: deliveryStatus,
  attempts: z.int(),
  next_attempt_at: when.nullable().describe("Null unless it is pending."),
  last_status: z.int().nullable().describe("The HTTP status of the last attempt, if it was answered."),
  last_error: z.string().nullable().describe("Why the last attempt failed, in a word."),
  created_at: when,
  delivered_at: when.nullable(),
});

export const deliveryPage = z.strictObject({
  deliveries: z.array(deliveryView),
  next_cursor: z.string().nullable().describe("For `cursor`; null on the last page."),
});
