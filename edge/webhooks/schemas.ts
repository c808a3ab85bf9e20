import { z } from "zod";
import { deliveryStatus, EVENT_TYPES, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { next_cursor, runId, when } from "#core/domain/api-values.ts";

const address = (description: string) =>
  z.string().meta({ description, examples: ["https://hooks.example.com/decisionproof"] });
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{43}=$/)
  .meta({
    description: "The signing secret: `whsec_` and 32 bytes in base64, for any library of Standard Webhooks.",
    examples: [`whsec_${"A".repeat(43)}=`],
  });

export const webhookView = z.strictObject({
  endpoint_id: z
    .uuid()
    .meta({ description: "The webhook's id, a UUIDv7.", examples: ["01a1fa2f-41b7-7c02-8d9e-5a6f30c1b283"] }),
  url: address("Where events are sent."),
  events: z
    .array(z.enum(EVENT_TYPES))
    .meta({ description: "The event types it receives; empty: all.", examples: [["run.completed", "run.failed"]] }),
  description: z
    .string()
    .nullable()
    .meta({ description: "What it is for, in the caller's own words.", examples: ["Orders"] }),
  include_output: z.boolean().meta({
    description: "Whether `run.completed` carries the run's result, where that is small enough.",
    examples: [false],
  }),
  status: z.enum(["active", "disabled"]).describe("Nothing is sent to a disabled one."),
  disabled_reason: z
    .string()
    .nullable()
    .meta({ description: "`gone`: its receiver answered 410. Null of an active one.", examples: [null] }),
  created_at: when.describe("When it was created."),
});

export const webhookList = z.strictObject({
  webhooks: z.array(webhookView).max(WEBHOOK_LIMITS.max_endpoints).describe("Oldest first: all there are."),
});

export const webhookCreated = z.strictObject({
  ...webhookView.shape,
  secret: secret.describe(
    "The signing secret, shown this once: `whsec_` and 32 bytes in base64, for any library of Standard Webhooks.",
  ),
});

export const webhookSecret = z.strictObject({
  secret,
  previous_secret_valid_until: when.nullable().meta({
    description: "Until then the secret before signs too; null without one.",
    examples: ["2026-11-22T09:30:00.000Z"],
  }),
});

export const deliveryView = z.strictObject({
  delivery_id: z.uuid().meta({ description: "The delivery's id.", examples: ["6f1d8a4e-0c57-4b39-9a2e-3d7c51f0e8b6"] }),
  event_id: z
    .string()
    .regex(/^evt_[0-9a-f-]{36}$/)
    .meta({
      description: "The `webhook-id`: the same in every attempt, and at every receiver.",
      examples: ["evt_b0c9a5d2-7e31-4f68-8b14-92d6e03f7a5c"],
    }),
  type: z.string().meta({ description: "What happened.", examples: ["run.completed"] }),
  run_id: runId.nullable().describe("The run that it happened to; null of other events."),
  url: address("Where it is sent."),
  status: deliveryStatus.meta({
    description:
      "pending: to be tried, or tried again. delivered: answered with 2xx. failed: no try is left. canceled: its webhook was disabled or deleted. " +
      `skipped: of a run that cost nothing, when ${WEBHOOK_LIMITS.max_unpaid_per_hour} deliveries that cost nothing had been made for the account within the hour (UTC); it can be asked for again in a later one.`,
    examples: ["delivered"],
  }),
  attempts: z.int().meta({ description: "How often it was tried.", examples: [1] }),
  next_attempt_at: when
    .nullable()
    .meta({ description: "When it is tried next. Null unless it is pending.", examples: [null] }),
  last_status: z
    .int()
    .nullable()
    .meta({ description: "The HTTP status of the last attempt, if it was answered.", examples: [204] }),
  last_error: z
    .string()
    .nullable()
    .meta({
      description: "Why the last attempt failed, in a word; `unpaid-limit` where it was skipped.",
      examples: [null],
    }),
  created_at: when.describe("When it was first to be sent."),
  delivered_at: when.nullable().describe("When it was answered with 2xx; null before."),
});

export const deliveryPage = z.strictObject({
  deliveries: z.array(deliveryView).describe("Newest first."),
  next_cursor,
});

/** By their names in the document. */
export const SCHEMAS = {
  Webhook: webhookView,
  WebhookList: webhookList,
  WebhookCreated: webhookCreated,
  WebhookSecret: webhookSecret,
  WebhookDelivery: deliveryView,
  WebhookDeliveryPage: deliveryPage,
};
