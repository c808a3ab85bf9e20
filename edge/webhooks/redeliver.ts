import { Problem } from "#core/domain/problem.ts";
import { redeliverWebhook as redeliver } from "#core/store/webhooks/webhook-deliveries.ts";
import { callerOf } from "../admission/authenticate.ts";
import { change } from "../admission/change.ts";
import type { EdgeHandler } from "../http/context.ts";
import { readValid } from "../admission/read-body.ts";
import { readNothing } from "../http/read-nothing.ts";
import { changesHalted, noSuchDelivery, tooManyDeliveries } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, endpointOf, idOf, type WebhookDeps } from "./webhook-request.ts";
import { deliveryOf } from "./view.ts";

/** `POST /v1/webhooks/{id}/deliveries/{delivery_id}/redeliver` */
export function redeliverWebhook(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const names = { endpoint_id: endpointOf(c), delivery_id: idOf(c, "delivery_id") };
    readQuery(c, NO_QUERY);
    await readValid(deps, caller, () => readNothing(c.req.raw));
    const outcome = await change(deps, caller, "admin", {
      act: () => redeliver(deps.db, caller.key_sha256, names),
      conclude: (answer) => {
        if (answer.outcome === "redelivering") return deliveryOf(answer.delivery);
        if (answer.outcome === "too-many") return tooManyDeliveries(answer.retry_after_seconds);
        if (answer.outcome === "disabled") return new Problem("webhook-disabled");
        return answer.outcome === "absent" ? noSuchDelivery() : changesHalted();
      },
    });
    return c.json(concluded(c, outcome), 202);
  };
}
