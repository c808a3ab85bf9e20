import { listWebhooks } from "#core/store/webhooks/list-webhooks.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { webhookId } from "./ids.ts";
import { webhookNotFound } from "./problems.ts";
import { webhookView } from "./schemas.ts";
import { viewWebhook } from "./view.ts";

export const getWebhook = operation({
  id: "getWebhook",
  method: "GET",
  path: "/v1/webhooks/{id}",
  scope: "admin",
  tag: "webhooks",
  summary: "Read a webhook",
  description: "Its address, event types and status, without its secret.",
  params: { id: webhookId },
  responses: { 200: { description: "The webhook.", schema: webhookView } },
  problems: ["not-found"],
  async handle({ caller, params, read, json }, deps: ShieldDeps) {
    const found = await read(() => listWebhooks(deps.db, caller.key_sha256, params.id));
    const [webhook] = found.kind === "found" ? found.webhooks : [];
    if (webhook === undefined) throw webhookNotFound();
    return json(200, viewWebhook(webhook));
  },
});
