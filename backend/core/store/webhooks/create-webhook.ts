import { z } from "zod";
import { type EventType, WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { unauthorized } from "./change-webhook.ts";
import { timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

export interface NewWebhook {
  readonly endpoint_id: string;
  readonly url: string;
  /** Empty: all. */
  readonly events: EventType[];
  readonly description: string | null;
  /** Whether the event of a completed run carries its result. */
  readonly include_output: boolean;
  readonly secret: string;
}

const result = z.union([
  z.object({ outcome: z.literal("created"), created_at: timestamp }),
  z.object({ outcome: z.enum(["too-many", "too-fast", "read-scope-missing", "read-only"]) }),
  unauthorized,
]);

/** After an Outage it may exist or not: list the endpoints. */
export async function createWebhook(db: Db, key_sha256: string, webhook: NewWebhook): Promise<z.infer<typeof result>> {
  const { secret, ...shown } = webhook;
  const { max_endpoints, max_new_endpoints_a_day } = WEBHOOK_LIMITS;
  const limits = { max: max_endpoints, max_per_day: max_new_endpoints_a_day };
  const values = { key_sha256: bytea(key_sha256), ...shown, secret, ...limits };
  return result.parse((await fn(db, "create_webhook", values))[0]);
}
