import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "./columns.ts";
import fanOutSql from "./fan-out-events.sql";
import forgetSql from "./forget-events.sql";

const counted = z.object({ events: counter });

/** Turns up to `limit` events that wait into deliveries, each exactly once: how many there were. */
export async function fanOutEvents(db: Db, limit: number): Promise<number> {
  return counted.parse((await db.query(fanOutSql, [limit]))[0]).events;
}

/** Forgets up to `limit` events older than so many days, of which nothing is pending: how many there were. */
export async function forgetEvents(db: Db, days: number, limit: number): Promise<number> {
  return counted.parse((await db.query(forgetSql, [days, limit]))[0]).events;
}
