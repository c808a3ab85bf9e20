import type { Random } from "#core/ports/random.ts";
import { rotateWebhook as rotate } from "#core/store/webhooks/change-webhook.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { webhookIdOrDefault } from "./ids.ts";
import { newSecret } from "./new-secret.ts";
import { webhookNotFound } from "./problems.ts";
import { webhookSecret } from "./schemas.ts";
import { viewSecret } from "./view.ts";

export const rotateWebhook = operation({
  id: "rotateWebhook",
  method: "POST",
  path: "/v1/webhooks/{id}/rotate",
  scope: "admin",
  tag: "webhooks",
  summary: "Rotate a webhook's secret",
  description:
    "For 24 hours deliveries have two signatures, one with the previous secret. The id `default` rotates the secret for the `webhook` addresses of runs.",
  params: { id: webhookIdOrDefault },
  body: EMPTY_BODY,
  responses: { 200: { description: "The new secret.", schema: webhookSecret } },
  problems: ["not-found", "read-only"],
  async handle({ caller, params, change, json }, deps: ShieldDeps & { readonly random: Random }) {
    const secret = newSecret(deps);
    const result = await change(() => rotate(deps.db, caller.key_sha256, { endpoint_id: params.id, secret }));
    if (result.outcome === "absent") throw webhookNotFound();
    if (result.outcome !== "rotated") throw changesHalted();
    return json(200, viewSecret(secret, result.previous_until));
  },
});
