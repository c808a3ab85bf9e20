import { z } from "zod";
import { deliveryStatus } from "#core/domain/webhook.ts";
import { listWebhookDeliveries as list } from "#core/store/webhooks/webhook-deliveries.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { idCursor, linkToNext, pagesOf } from "../http/cursor.ts";
import { operation } from "../http/operation.ts";
import { once, queryOf } from "../http/query.ts";
import { cursorParameter, limit, parameter } from "../http/query-parameters.ts";
import { NEXT } from "../openapi/headers.ts";
import { DELIVERY_ID, webhookIdOrDefault } from "./ids.ts";
import { webhookNotFound } from "./problems.ts";
import { deliveryPage } from "./schemas.ts";
import { viewDelivery } from "./view.ts";

const STATUSES = deliveryStatus.options;

export const listWebhookDeliveries = operation({
  id: "listWebhookDeliveries",
  method: "GET",
  path: "/v1/webhooks/{id}/deliveries",
  scope: "admin",
  tag: "webhooks",
  summary: "List a webhook's deliveries",
  description:
    "Its deliveries and their status, newest first, kept for 30 days. The id `default` lists deliveries to the `webhook` addresses of runs.",
  params: { id: webhookIdOrDefault },
  query: queryOf({
    status: parameter(
      once(z.enum(STATUSES)).optional(),
      "Only deliveries of this status.",
      { type: "string", enum: STATUSES },
      "failed",
    ),
    cursor: cursorParameter(idCursor("deliveries"), pagesOf("deliveries", {}).cursor({ id: DELIVERY_ID })),
    limit: limit({ max: 100, default: 50 }),
  }),
  responses: { 200: { description: "A page of deliveries.", schema: deliveryPage, headers: NEXT } },
  problems: ["not-found"],
  async handle({ c, caller, params, query, read, json }, deps: ShieldDeps) {
    const { status, limit: count } = query;
    const pages = pagesOf("deliveries", { webhook: params.id, status });
    const after = pages.after(query.cursor)?.id;
    // One more than is shown: whether there are more.
    const page = { endpoint_id: params.id, status, after, limit: count + 1 };
    const found = await read(() => list(deps.db, caller.key_sha256, page));
    if (found.kind !== "found") throw webhookNotFound();
    const shown = found.deliveries.slice(0, count);
    const last = found.deliveries.length > count ? shown.at(-1) : undefined;
    const next_cursor = last === undefined ? null : pages.cursor({ id: last.delivery_id });
    return json(200, { deliveries: shown.map(viewDelivery), next_cursor }, linkToNext(c, next_cursor));
  },
});
