import { z } from "zod";
import { deliveryStatus, TEST_EVENT, WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { unauthorized } from "./change-webhook.ts";
import { timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const deliveryColumns = z.object({
  delivery_id: z.guid(),
  event_uuid: z.guid(),
  type: z.string(),
  run_id: z.guid().nullable(),
  url: z.string(),
  status: deliveryStatus,
  attempts: z.number(),
  next_attempt_at: timestamp.nullable(),
  last_status: z.number().nullable(),
  last_error: z.string().nullable(),
  created_at: timestamp,
  delivered_at: timestamp.nullable(),
});
export type WebhookDelivery = z.infer<typeof deliveryColumns>;

/** Of the tenant's default where `endpoint_id` is undefined: of runs' own addresses. */
export interface DeliveryPage {
  readonly endpoint_id: string | undefined;
  readonly status: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

const first = z.object({
  outcome: z.enum(["found", "absent", "unauthorized", "scope-missing"]),
  delivery_id: z.guid().nullable(),
});

export type ListDeliveries =
  | { readonly kind: "unauthorized" | "scope-missing" | "absent" }
  | { readonly kind: "found"; readonly deliveries: readonly WebhookDelivery[] };

/** Up to `limit` deliveries, newest first. */
export async function listWebhookDeliveries(db: Db, key_sha256: string, page: DeliveryPage): Promise<ListDeliveries> {
  const { endpoint_id, status, after, limit } = page;
  const values = [bytea(key_sha256), endpoint_id ?? null, status ?? null, after ?? null, limit];
  const rows = await fn(db, "list_webhook_deliveries", values, "outcome, (delivery).*");
  const { outcome, delivery_id } = first.parse(rows[0]);
  if (outcome !== "found") return { kind: outcome };
  return { kind: "found", deliveries: delivery_id === null ? [] : rows.map((row) => deliveryColumns.parse(row)) };
}

/** What became of a delivery that was asked for. */
const asked = <Outcome extends string>(made: Outcome) =>
  z.union([
    deliveryColumns
      .extend({ outcome: z.literal(made) })
      .transform(({ outcome, ...delivery }) => ({ outcome, delivery })),
    z.object({ outcome: z.literal("too-many"), retry_after_seconds: z.number() }),
    z.object({ outcome: z.enum(["absent", "disabled", "read-only"]) }),
    unauthorized,
  ]);

const redelivered = asked("redelivering");

/**
 * Another attempt at once, whatever became of it so far; one that is under way is left to end. Counts as a delivery of an
 * unpaid event does; `too-many`: the tenant had as many in this hour as it may have.
 */
export async function redeliverWebhook(
  db: Db,
  key_sha256: string,
  { endpoint_id, delivery_id }: { readonly endpoint_id: string | undefined; readonly delivery_id: string },
): Promise<z.infer<typeof redelivered>> {
  const values = [bytea(key_sha256), endpoint_id ?? null, delivery_id, WEBHOOK_LIMITS.max_unpaid_per_hour];
  const [row] = await fn(db, "redeliver_webhook", values, "outcome, (delivery).*, retry_after_seconds");
  return redelivered.parse(row);
}

const tested = asked("sending");

/** An event of its own for one endpoint, due at once. Counts as a redelivery does. */
export async function testWebhook(db: Db, key_sha256: string, endpoint_id: string): Promise<z.infer<typeof tested>> {
  const values = [bytea(key_sha256), endpoint_id, TEST_EVENT, WEBHOOK_LIMITS.max_unpaid_per_hour];
  const [row] = await fn(db, "test_webhook", values, "outcome, (delivery).*, retry_after_seconds");
  return tested.parse(row);
}
