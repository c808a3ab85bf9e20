import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only, timestamp } from "../columns.ts";
import { runColumns } from "./run-columns.ts";
import sql from "./show-run.sql";

const run = runColumns.extend({
  idempotency_key: z.string(),
  finalize_stage: z.string().nullable(),
  uncounted_requeues: z.number(),
  lease_expires_at: timestamp.nullable(),
  cancel_requested: z.boolean(),
  signal_count: z.number(),
  last_signal_at: timestamp,
  claimed_at: timestamp.nullable(),
});
export type ShownRun = z.infer<typeof run>;

/** Undefined: no such run. */
export async function showRun(db: Db, run_id: string): Promise<ShownRun | undefined> {
  return only((await db.query({ name: "show-run", text: sql }, [run_id])).map((row) => run.parse(row)));
}
