import { z } from "zod";
import { PLATFORM_FAILURES } from "../../domain/run.ts";
import { WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { fn } from "../fn.ts";

const fannedOut = z.object({ events: counter, skipped: counter, go_on_after: z.guid() });

/**
 * Turns up to `limit` events that wait into deliveries, each exactly once: how many there were, and how many deliveries
 * were skipped because their tenant had as many of unpaid events in this hour as it may have. Tenants take turns:
 * `go_on_after` is the `after` of the next call.
 */
export async function fanOutEvents(db: Db, limit: number, after?: string): Promise<z.infer<typeof fannedOut>> {
  const values = [limit, WEBHOOK_LIMITS.max_unpaid_per_hour, PLATFORM_FAILURES, after ?? null];
  return fannedOut.parse((await fn(db, "fan_out_events", values))[0]);
}
