import { z } from "zod";
import { deliveryStatus } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { only, timestamp } from "../columns.ts";
import { fn } from "../fn.ts";
import { type FoundRun, foundRun } from "../runs/find-run.ts";

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
  /** Whether it carries the result of its run. */
  include_output: z.boolean(),
  /** Whether it takes a slow place: its endpoint's last attempt took long. */
  slow: z.boolean(),
});
const ofNoRun = z.object({ run_id: z.null() }).transform(() => null);

/** `run`: that of the event, as it is now; null where the event is of none. */
export type ClaimedDelivery = z.infer<typeof claimed> & { readonly run: FoundRun | null };

/** Places that the caller has free, of each lane. */
export interface FreePlaces {
  readonly quick: number;
  readonly slow: number;
}

/** Of all deliveries that are under way anywhere; in the slow lane half of each. */
export interface Shares {
  readonly per_tenant: number;
  readonly per_endpoint: number;
  readonly per_host: number;
  /** Quick places that only tenants with nothing under way may take. */
  readonly kept: number;
  readonly lease_seconds: number;
}

/** Due deliveries, at most one per free place, each claimed by the caller until its lease expires. */
export async function claimDeliveries(
  db: Db,
  { quick, slow }: FreePlaces,
  { per_tenant, per_endpoint, per_host, kept, lease_seconds }: Shares,
): Promise<readonly ClaimedDelivery[]> {
  const values = { quick, reserved: kept, slow, per_tenant, per_endpoint, per_host, lease_seconds };
  // A run has a tenant_id too, which is null without one: the delivery's comes last, and stays.
  const rows = await fn(db, "claim_webhook_deliveries", values, "*, (run).*, tenant_id");
  return rows.map((row) => ({ ...claimed.parse(row), run: z.union([ofNoRun, foundRun]).parse(row) }));
}

/** `status` and `error` are what the owner is shown: an HTTP status, and a short code. */
export interface AttemptResult {
  readonly outcome: "delivered" | "retry" | "failed" | "gone";
  readonly status: number | null;
  readonly error: string | null;
  /** Only with `retry`. */
  readonly retry_seconds: number | null;
  /** Whether the attempt took long: the endpoint's next ones take slow places. */
  readonly slow: boolean;
}

const concluded = z.object({ status: deliveryStatus });

/** What the delivery is now; undefined: it was no longer the caller's. */
export async function finishDelivery(
  db: Db,
  { delivery_id, claim_token }: ClaimedDelivery,
  { outcome, status, error, retry_seconds, slow }: AttemptResult,
): Promise<z.infer<typeof deliveryStatus> | undefined> {
  const values = { delivery_id, claim_token, outcome, status, error, retry_seconds, slow };
  const rows = await fn(db, "finish_webhook_delivery", values);
  return only(rows.map((row) => concluded.parse(row)))?.status;
}
