import { z } from "zod";
import { EVENT_TYPES } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

export const webhookColumns = z.object({
  endpoint_id: z.guid(),
  url: z.string(),
  events: z.array(z.enum(EVENT_TYPES)),
  description: z.string().nullable(),
  include_output: z.boolean(),
  status: z.enum(["active", "disabled"]),
  disabled_reason: z.string().nullable(),
  created_at: timestamp,
});
export type Webhook = z.infer<typeof webhookColumns>;

const first = z.object({
  outcome: z.enum(["found", "unauthorized", "scope-missing"]),
  endpoint_id: z.guid().nullable(),
});

export type ListWebhooks =
  | { readonly kind: "unauthorized" | "scope-missing" }
  | { readonly kind: "found"; readonly webhooks: readonly Webhook[] };

/** The endpoints of the key's tenant, oldest first; with an id that one, if it is there. */
export async function listWebhooks(db: Db, key_sha256: string, endpoint_id?: string): Promise<ListWebhooks> {
  const rows = await fn(db, "list_webhooks", [bytea(key_sha256), endpoint_id ?? null], "outcome, (webhook).*");
  const { outcome, endpoint_id: any } = first.parse(rows[0]);
  if (outcome !== "found") return { kind: outcome };
  return { kind: "found", webhooks: any === null ? [] : rows.map((row) => webhookColumns.parse(row)) };
}
