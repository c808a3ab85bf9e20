import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { fn } from "../fn.ts";

const forgotten = z.object({
  events: counter,
  scanned: counter,
  last_at: z.string().nullable(),
  last_id: z.string().nullable(),
});

/** The position of an event in the order in which old ones are read. */
export interface EventPosition {
  readonly at: string;
  readonly id: string;
}

/**
 * Reads up to `limit` events older than so many days, after a position, and deletes those of which nothing is pending.
 * `events`: how many it deleted. `last`: where the next call continues; undefined: there are no more.
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
