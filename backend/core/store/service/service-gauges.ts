import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { fn } from "../fn.ts";
import { switchMode } from "../switch/read-switch.ts";
import { ALIVE_SECONDS } from "./note-process.ts";

/** What a count stops at, so that it costs no more where there is more. */
const MOST = 10_000;

const columns = z.object({
  mode: switchMode,
  workers: counter,
  reapers: counter,
  queued_runs: counter,
  oldest_queued_seconds: z.number(),
  processing_runs: counter,
  claimed_runs: counter,
  oldest_claimed_seconds: z.number(),
  webhook_pending_deliveries: counter,
  webhook_oldest_due_seconds: z.number(),
  webhook_waiting_events: counter,
  retention_lag_seconds: z.number(),
});

/** What the service holds at this moment, from Postgres. */
export async function serviceGauges(db: Db): Promise<z.infer<typeof columns>> {
  return columns.parse((await fn(db, "service_gauges", [MOST, ALIVE_SECONDS]))[0]);
}
