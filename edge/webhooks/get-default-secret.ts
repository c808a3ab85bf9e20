import type { Random } from "#core/ports/random.ts";
import { defaultWebhookSecret } from "#core/store/webhooks/change-webhook.ts";
import { changesHalted } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { newSecret } from "./new-secret.ts";
import { webhookSecret } from "./schemas.ts";
import { viewSecret } from "./view.ts";

/** A change, for the first request creates the secret. */
export const getDefaultWebhookSecret = operation({
  id: "getDefaultWebhookSecret",
  method: "GET",
  path: "/v1/webhooks/default/secret",
  scope: "admin",
  tag: "webhooks",
  summary: "Read the default secret",
  description: "It signs deliveries to the `webhook` addresses of runs, and can be read again.",
  responses: { 200: { description: "The secret.", schema: webhookSecret } },
  problems: ["read-only"],
  async handle({ caller, change, json }, deps: ShieldDeps & { readonly random: Random }) {
    const result = await change(() => defaultWebhookSecret(deps.db, caller.key_sha256, newSecret(deps)));
    if (result.outcome !== "found") throw changesHalted();
    return json(200, viewSecret(result.secret, result.previous_until));
  },
});
