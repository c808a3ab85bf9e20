import { z } from "zod";
import { PLATFORM_FAILURES } from "../../domain/run.ts";
import { WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { fn } from "../fn.ts";

const counted = z.object({ events: counter });
const fannedOut = counted.extend({ skipped: counter, go_on_after: z.guid() });

/**
 * Turns up to `limit` events that wait into deliveries, each exactly once: how many there were, and how many deliveries
 * were skipped because their tenant had as many of unpaid events in this hour as it may have. Tenants take turns:
 * `go_on_after` is the `after` of the next call.
 */
export async function fanOutEvents(db: Db, limit: number, after?: string): Promise<z.infer<typeof fannedOut>> {
  const values = [limit, WEBHOOK_LIMITS.max_unpaid_per_hour, PLATFORM_FAILURES, after ?? null];
  return fannedOut.parse((await fn(db, "fan_out_events", values))[0]);
}

const forgotten = counted.extend({ scanned: counter, last_at: z.string().nullable(), last_id: z.string().nullable() });

/** The position of an event in the order in which old ones are read. */
export interface EventPosition {
  readonly at: string;
  readonly id: string;
}

/**
 * Looks at up to `limit` events older than so many days, after a place, and forgets those of which nothing is pending:
 * how many it forgot, and where to go on. `last` is undefined: there are no more.
 */
export async function forgetEvents(
  db: Db,
  days: number,
  limit: number,
  after?: EventPosition,
): Promise<{ readonly events: number; readonly last: EventPosition | undefined }> {
  const rows = await fn(db, "forget_events", [days, after?.at ?? "-infinity", after?.id ?? "0", limit]);
  const { scanned, events, last_at, last_id } = forgotten.parse(rows[0]);
  const last = scanned < limit || last_at === null || last_id === null ? undefined : { at: last_at, id: last_id };
  return { events, last };
}
