import { rotateWebhook as rotate } from "#core/store/webhooks/change-webhook.ts";
import { callerOf } from "../admission/authenticate.ts";
import { change } from "../admission/change.ts";
import type { EdgeHandler } from "../http/context.ts";
import { readValid } from "../admission/read-body.ts";
import { readNothing } from "../http/read-nothing.ts";
import { changesHalted, noSuchWebhook } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, endpointOf, secretFrom, type WebhookDeps } from "./webhook-request.ts";
import { secretOf } from "./view.ts";

/** `POST /v1/webhooks/{id}/rotate` */
export function rotateWebhook(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const endpoint_id = endpointOf(c);
    readQuery(c, NO_QUERY);
    await readValid(deps, caller, () => readNothing(c.req.raw));
    const secret = secretFrom(deps);
    const outcome = await change(deps, caller, "admin", {
      act: () => rotate(deps.db, caller.key_sha256, { endpoint_id, secret }),
      conclude: (answer) => {
        if (answer.outcome === "rotated") return secretOf(secret, answer.previous_until);
        return answer.outcome === "absent" ? noSuchWebhook() : changesHalted();
      },
    });
    return c.json(concluded(c, outcome));
  };
}
