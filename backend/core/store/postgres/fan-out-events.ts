import { z } from "zod";
import { PLATFORM_FAILURES } from "../../domain/run.ts";
import { WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { counter } from "./columns.ts";
import fanOutSql from "./fan-out-events.sql";
import forgetSql from "./forget-events.sql";

const counted = z.object({ events: counter });
const fannedOut = counted.extend({ skipped: counter });

/**
 * Turns up to `limit` events that wait into deliveries, each exactly once: how many there were, and how many deliveries
 * were skipped because their tenant had as many of unpaid events in this hour as it may have.
 */
export async function fanOutEvents(db: Db, limit: number): Promise<z.infer<typeof fannedOut>> {
  const { max_unpaid_per_hour } = WEBHOOK_LIMITS;
  return fannedOut.parse((await db.query(fanOutSql, [limit, max_unpaid_per_hour, PLATFORM_FAILURES]))[0]);
}

/** Forgets up to `limit` events older than so many days, of which nothing is pending: how many there were. */
export async function forgetEvents(db: Db, days: number, limit: number): Promise<number> {
  return counted.parse((await db.query(forgetSql, [days, limit]))[0]).events;
}
