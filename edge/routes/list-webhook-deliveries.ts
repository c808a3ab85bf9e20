import type { z } from "zod";
import { listWebhookDeliveries as list } from "#core/store/postgres/webhook-deliveries.ts";
import { callerOf } from "../authenticate.ts";
import type { EdgeHandler } from "../context.ts";
import type { deliveryPage } from "../docs/answers/webhooks.ts";
import { deliveryQuery } from "../docs/requests/webhooks.ts";
import { read } from "../read.ts";
import { noSuchWebhook } from "../refusals.ts";
import { concluded, endpointOf, queryOf, type WebhookDeps } from "../webhook-request.ts";
import { deliveryOf } from "../webhook-response.ts";

/** `GET /v1/webhooks/{id}/deliveries` */
export function listWebhookDeliveries(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const endpoint_id = endpointOf(c);
    const { status, cursor, limit } = queryOf(c, deliveryQuery);
    // One more than is shown tells whether there are more.
    const page = { endpoint_id, status, after: cursor, limit: limit + 1 };
    const found = concluded(c, await read(deps, caller, () => list(deps.db, caller.key_sha256, page), "admin"));
    if (found.kind !== "found") throw noSuchWebhook();
    const shown = found.deliveries.slice(0, limit);
    const body: z.input<typeof deliveryPage> = {
      deliveries: shown.map(deliveryOf),
      next_cursor: found.deliveries.length > limit ? (shown.at(-1)?.delivery_id ?? null) : null,
    };
    return c.json(body);
  };
}
