import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { DELIVERIES_PER_PAGE } from "../../openapi/listings.ts";
import * as answers from "../../webhooks/schemas.ts";
import { COMMON, headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import { response, type Resource, EMPTY_BODY, READ } from "../../openapi/describe.ts";
import { cursor, idParameter, limit, NEXT, query } from "../../openapi/listing.ts";
import { problems } from "../../openapi/problems.ts";
import { DELIVERY_STATUSES } from "../requests/webhooks.ts";

const WEBHOOK_ID = "01a1fa2f-41b7-7c02-8d9e-5a6f30c1b283";
const DELIVERY_ID = "6f1d8a4e-0c57-4b39-9a2e-3d7c51f0e8b6";
const DELIVERY_PARAMETERS = [
  query("status", "Only deliveries of this status.", { type: "string", enum: DELIVERY_STATUSES }, "failed"),
  cursor(DELIVERY_ID),
  limit(DELIVERIES_PER_PAGE),
];

const CHANGE = ["invalid-request", "payload-too-large", "unsupported-media-type", "read-only", ...READ] as const;
const tags = ["webhooks"];

const listWebhooks = {
  operationId: "listWebhooks",
  "x-scope": "admin",
  tags,
  summary: "List the webhooks",
  description: `All of the account, oldest first; there are ${WEBHOOK_LIMITS.max_endpoints} at most.`,
  responses: { 200: response("The webhooks.", "WebhookList", RATE), ...problems("invalid-request", ...READ) },
};

const createWebhook = {
  operationId: "createWebhook",
  "x-scope": "admin",
  tags,
  summary: "Create a webhook",
  description: `From now on its address is told of what happens, signed as Standard Webhooks has it. A delivery that is not answered with 2xx within 15 seconds is repeated for about three days, under the same \`webhook-id\`. Accounts take turns: an endpoint that takes 5 seconds or longer to answer is told of fewer things at once, and delays no other account's. Of runs that cost nothing, our own failures apart, an account gets ${WEBHOOK_LIMITS.max_unpaid_per_hour} deliveries in an hour (UTC), those that it asks for again among them; the others are listed as \`skipped\`, and can be asked for again in a later hour.`,
  requestBody: { required: true, content: { "application/json": { schema: schemaRef("CreateWebhook") } } },
  responses: {
    201: response("The webhook, with its secret.", "WebhookCreated", { ...RATE, Location: headerRef("Location") }),
    ...problems("too-many-webhooks", ...CHANGE),
  },
};

const getWebhook = {
  operationId: "getWebhook",
  "x-scope": "admin",
  tags,
  summary: "Read a webhook",
  description: "Its address, what it is told of and whether it is active; without its secret.",
  responses: { 200: response("The webhook.", "Webhook", RATE), ...problems("invalid-request", "not-found", ...READ) },
};

const deleteWebhook = {
  operationId: "deleteWebhook",
  "x-scope": "admin",
  tags,
  summary: "Delete a webhook",
  description: `What is still to be delivered to it is canceled.`,
  responses: {
    204: { description: "It is gone.", headers: { ...COMMON, ...RATE } },
    ...problems("not-found", ...CHANGE),
  },
};

const rotateWebhook = {
  operationId: "rotateWebhook",
  "x-scope": "admin",
  tags,
  summary: "Rotate a webhook's secret",
  description: `For 24 hours deliveries bear two signatures, one by the secret before. The id \`default\` rotates the secret that signs what goes to the addresses of runs.`,
  requestBody: EMPTY_BODY,
  responses: { 200: response("The new secret.", "WebhookSecret", RATE), ...problems("not-found", ...CHANGE) },
};

const enableWebhook = {
  operationId: "enableWebhook",
  "x-scope": "admin",
  tags,
  summary: "Enable a webhook",
  description:
    "Makes a webhook active again whose receiver answered 410. Deliveries that were canceled then are sent when each is asked for again.",
  requestBody: EMPTY_BODY,
  responses: { 200: response("The webhook, active.", "Webhook", RATE), ...problems("not-found", ...CHANGE) },
};

const listDeliveries = {
  operationId: "listWebhookDeliveries",
  "x-scope": "admin",
  tags,
  summary: "List a webhook's deliveries",
  description: `What it is told and how that went, newest first; kept for 30 days. The id \`default\` lists what goes to the addresses of runs.`,
  parameters: DELIVERY_PARAMETERS,
  responses: {
    200: response("A page of deliveries.", "WebhookDeliveryPage", { ...RATE, ...NEXT }),
    ...problems("invalid-request", "not-found", ...READ),
  },
};

const redeliver = {
  operationId: "redeliverWebhook",
  "x-scope": "admin",
  tags,
  summary: "Deliver again",
  description: `Sends one delivery once more, at once, whatever became of it so far, under the same \`webhook-id\`; one that is under way is left to end. It counts as a delivery that cost nothing, of which an account gets ${WEBHOOK_LIMITS.max_unpaid_per_hour} in an hour (UTC): after that it is a 429 until the next hour.`,
  requestBody: EMPTY_BODY,
  responses: {
    202: response("It is sent again.", "WebhookDelivery", RATE),
    ...problems("not-found", "webhook-disabled", ...CHANGE),
  },
};

const getSecret = {
  operationId: "getDefaultWebhookSecret",
  "x-scope": "admin",
  tags,
  summary: "Read the default secret",
  description: `It signs what goes to the \`webhook\` of runs, and can be read again.`,
  responses: {
    200: response("The secret.", "WebhookSecret", RATE),
    ...problems("invalid-request", "read-only", ...READ),
  },
};

const webhookId = idParameter("id", "The webhook's id.", WEBHOOK_ID);
const anyId = idParameter("id", "The webhook's id, or `default`.", WEBHOOK_ID, {
  schema: { anyOf: [{ type: "string", format: "uuid" }, { const: "default" }] },
});
const deliveryId = idParameter("delivery_id", "The delivery's id.", DELIVERY_ID);

export const webhooks: Resource = {
  tag: { name: "webhooks", description: "Being told of what happens." },
  paths: {
    "/v1/webhooks": { get: listWebhooks, post: createWebhook },
    "/v1/webhooks/default/secret": { get: getSecret },
    "/v1/webhooks/{id}": { parameters: [webhookId], get: getWebhook, delete: deleteWebhook },
    "/v1/webhooks/{id}/rotate": { parameters: [anyId], post: rotateWebhook },
    "/v1/webhooks/{id}/enable": { parameters: [webhookId], post: enableWebhook },
    "/v1/webhooks/{id}/deliveries": { parameters: [anyId], get: listDeliveries },
    "/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver": { parameters: [anyId, deliveryId], post: redeliver },
  },
  answers: {
    Webhook: answers.webhookView,
    WebhookList: answers.webhookList,
    WebhookCreated: answers.webhookCreated,
    WebhookSecret: answers.webhookSecret,
    WebhookDelivery: answers.deliveryView,
    WebhookDeliveryPage: answers.deliveryPage,
  },
};
