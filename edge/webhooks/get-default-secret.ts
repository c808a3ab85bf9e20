import { defaultWebhookSecret } from "#core/store/webhooks/change-webhook.ts";
import { callerOf } from "../admission/authenticate.ts";
import { change } from "../admission/change.ts";
import type { EdgeHandler } from "../http/context.ts";
import { changesHalted } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, secretFrom, type WebhookDeps } from "./webhook-request.ts";
import { secretOf } from "./view.ts";

/** `GET /v1/webhooks/default/secret`: a change, for the first to ask makes it. */
export function getWebhookSecret(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const outcome = await change(deps, caller, "admin", {
      act: () => defaultWebhookSecret(deps.db, caller.key_sha256, secretFrom(deps)),
      conclude: (answer) =>
        answer.outcome === "found" ? secretOf(answer.secret, answer.previous_until) : changesHalted(),
    });
    return c.json(concluded(c, outcome));
  };
}
