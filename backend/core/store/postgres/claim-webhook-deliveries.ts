import { z } from "zod";
import { deliveryStatus } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import claimSql from "./claim-webhook-deliveries.sql";
import { only, timestamp } from "./columns.ts";
import concludeSql from "./conclude-webhook-delivery.sql";

const claimed = z.object({
  delivery_id: z.guid(),
  claim_token: z.guid(),
  tenant_id: z.guid(),
  endpoint_id: z.guid(),
  /** This one included. */
  tries: z.number(),
  url: z.string(),
  secret: z.string(),
  previous_secrets: z.array(z.string()),
  event_uuid: z.guid(),
  type: z.string(),
  payload: z.unknown(),
  happened_at: timestamp,
  pack_type: z.string().nullable(),
  metadata: z.unknown(),
  trace_parent: z.string().nullable(),
});
export type ClaimedDelivery = z.infer<typeof claimed>;

/** Of all deliveries that are under way anywhere. */
export interface Shares {
  readonly per_tenant: number;
  readonly per_endpoint: number;
  readonly lease_seconds: number;
}

/** Up to `limit` due deliveries, each this caller's to send until its lease ends; then it is anybody's again. */
export async function claimDeliveries(db: Db, limit: number, shares: Shares): Promise<readonly ClaimedDelivery[]> {
  const { per_tenant, per_endpoint, lease_seconds } = shares;
  const rows = await db.query(claimSql, [limit, per_tenant, per_endpoint, lease_seconds]);
  return rows.map((row) => claimed.parse(row));
}

/** `status` and `error` are what the owner is shown: an HTTP status, and a short code. */
export interface Conclusion {
  readonly outcome: "delivered" | "retry" | "failed" | "gone";
  readonly status: number | null;
  readonly error: string | null;
  /** With `retry` alone. */
  readonly retry_seconds: number | null;
}

const concluded = z.object({ status: deliveryStatus });

/** What the delivery is now; undefined: it was no longer the caller's. */
export async function concludeDelivery(
  db: Db,
  { delivery_id, claim_token }: ClaimedDelivery,
  { outcome, status, error, retry_seconds }: Conclusion,
): Promise<z.infer<typeof deliveryStatus> | undefined> {
  const rows = await db.query(concludeSql, [delivery_id, claim_token, outcome, status, error, retry_seconds]);
  return only(rows.map((row) => concluded.parse(row)))?.status;
}
