import { deleteWebhook as remove } from "#core/store/webhooks/change-webhook.ts";
import { callerOf } from "../admission/authenticate.ts";
import { change } from "../admission/change.ts";
import type { EdgeHandler } from "../http/context.ts";
import { readValid } from "../admission/read-body.ts";
import { readNothing } from "../http/read-nothing.ts";
import { changesHalted, noSuchWebhook } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, idOf, type WebhookDeps } from "./webhook-request.ts";

/** `DELETE /v1/webhooks/{id}` */
export function deleteWebhook(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const id = idOf(c, "id");
    readQuery(c, NO_QUERY);
    await readValid(deps, caller, () => readNothing(c.req.raw));
    const outcome = await change(deps, caller, "admin", {
      act: () => remove(deps.db, caller.key_sha256, id),
      conclude: ({ outcome }) => {
        if (outcome === "deleted") return outcome;
        return outcome === "absent" ? noSuchWebhook() : changesHalted();
      },
    });
    concluded(c, outcome);
    return c.body(null, 204);
  };
}
