import { webhookEvents } from "#core/domain/webhook-message.ts";
import { schemaRef } from "../openapi/headers.ts";
import type { Json } from "../openapi/json.ts";

/** The schemas of the events that webhooks receive, by name. */
export const eventSchemas = {
  RunEvent: webhookEvents.run,
  BudgetEvent: webhookEvents.budget,
  KeyEvent: webhookEvents.key,
  TestEvent: webhookEvents.test,
};

const HEADERS = [
  ["webhook-id", "The event's id: the same in every attempt.", "evt_b0c9a5d2-7e31-4f68-8b14-92d6e03f7a5c"],
  ["webhook-timestamp", "When this attempt was made, in Unix seconds.", "1795253401"],
  [
    "webhook-signature",
    "`v1,` and the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base64; one for each secret that is valid, with spaces between.",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ],
] as const;

const eventRequest = (operationId: string, summary: string, schema: string): Json => ({
  post: {
    operationId,
    tags: ["webhooks"],
    summary,
    description:
      "Sent at least once, as Standard Webhooks has it. Verify the signature, and ignore a `webhook-id` that was seen before.",
    security: [],
    parameters: HEADERS.map(([name, description, example]) => ({
      name,
      in: "header",
      required: true,
      description,
      schema: { type: "string" },
      example,
    })),
    requestBody: { required: true, content: { "application/json": { schema: schemaRef(schema) } } },
    responses: {
      "2XX": { description: "The event was received; anything else is retried for about three days." },
      410: { description: "Send no more: the webhook is disabled." },
    },
  },
});

/** What is sent to webhooks, for the document's `webhooks`. */
export const webhookRequests: Json = {
  run: eventRequest("onRunEvent", "A run has ended", "RunEvent"),
  budget: eventRequest("onBudgetThreshold", "The budget is used to 50, 80 or 100 percent", "BudgetEvent"),
  key: eventRequest("onKeyRevoked", "An API key was revoked", "KeyEvent"),
  test: eventRequest("onWebhookTest", "The webhook is tried", "TestEvent"),
};
