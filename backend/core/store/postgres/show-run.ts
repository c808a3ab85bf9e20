import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, counter, only, timestamp } from "./columns.ts";
import sql from "./show-run.sql";

const run = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  key_id: z.guid(),
  idempotency_key: z.string(),
  pack_type: z.string(),
  pack_version: z.string(),
  status: runStatus,
  finalize_stage: z.string().nullable(),
  money_state: moneyState,
  version: counter,
  reserved_micros: amount,
  minimum_fee_micros: amount,
  charged_micros: amount.nullable(),
  attempt: z.number(),
  hand_backs: z.number(),
  lease_expires_at: timestamp.nullable(),
  cancel_requested: z.boolean(),
  signal_count: z.number(),
  last_signal_at: timestamp,
  reason_code: z.string().nullable(),
  reason_detail: z.string().nullable(),
  result_attempt: z.number().nullable(),
  result_sha256: z.string().nullable(),
  result_bytes: counter.nullable(),
  reliability: z.number().nullable(),
  timebox_sec: z.number(),
  trace_parent: z.string(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  claimed_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  retention_until: timestamp.nullable(),
});
export type ShownRun = z.infer<typeof run>;

/** Undefined: no such run. */
export async function showRun(db: Db, run_id: string): Promise<ShownRun | undefined> {
  return only((await db.query(sql, [run_id])).map((row) => run.parse(row)));
}
