import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { listWebhookDeliveries as list } from "#core/store/webhooks/webhook-deliveries.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import { linkToNext, NO_CURSOR } from "../http/cursor.ts";
import type { deliveryPage } from "./schemas.ts";
import { DELIVERIES_PER_PAGE } from "../openapi/listings.ts";
import { DELIVERY_STATUSES } from "../docs/requests/webhooks.ts";
import { read } from "../admission/read.ts";
import { noSuchWebhook } from "../admission/refusals.ts";
import { once, readQuery, wholeNumber } from "../http/query.ts";
import { concluded, endpointOf, type WebhookDeps } from "./webhook-request.ts";
import { deliveryOf } from "./view.ts";

const query = z.strictObject({
  status: once(z.enum(DELIVERY_STATUSES)).optional(),
  cursor: once(z.guid(NO_CURSOR).pipe(uuid)).optional(),
  limit: once(wholeNumber(1, DELIVERIES_PER_PAGE.most)).default(DELIVERIES_PER_PAGE.usual),
});

/** `GET /v1/webhooks/{id}/deliveries` */
export function listWebhookDeliveries(deps: WebhookDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const endpoint_id = endpointOf(c);
    const { status, cursor, limit } = readQuery(c, query);
    // One more than is shown tells whether there are more.
    const page = { endpoint_id, status, after: cursor, limit: limit + 1 };
    const found = concluded(c, await read(deps, caller, () => list(deps.db, caller.key_sha256, page), "admin"));
    if (found.kind !== "found") throw noSuchWebhook();
    const shown = found.deliveries.slice(0, limit);
    const next_cursor = found.deliveries.length > limit ? (shown.at(-1)?.delivery_id ?? null) : null;
    const body: z.input<typeof deliveryPage> = { deliveries: shown.map(deliveryOf), next_cursor };
    return c.json(body, 200, linkToNext(c, next_cursor));
  };
}
