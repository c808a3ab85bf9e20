import type { Db } from "#core/ports/db.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { type EventPosition, forgetEvents } from "#core/store/webhooks/forget-events.ts";

const KEPT_DAYS = 30;
const BATCH = 500;
/** The most batches of one round; the next round continues from there. */
const BATCHES = 20;

/** The last event of the round before, so that events with pending deliveries hide no others. */
export interface OldEventsCursor {
  after: EventPosition | undefined;
}

/** Deletes events of more than 30 days ago and their deliveries, unless one of them is pending. */
export async function sweepOldEvents(
  deps: { readonly db: Db; readonly metrics: Metrics },
  stop: AbortSignal,
  cursor: OldEventsCursor = { after: undefined },
): Promise<void> {
  for (let batch = 0; batch < BATCHES && !stop.aborted; batch++) {
    const { events, last } = await forgetEvents(deps.db, KEPT_DAYS, BATCH, cursor.after);
    deps.metrics.add("events_forgotten", events);
    cursor.after = last;
    if (last === undefined) return;
  }
}
