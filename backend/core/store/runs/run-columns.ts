import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import { amount, counter, timestamp } from "../columns.ts";

/** What owner and operator alike see of a run. */
export const runColumns = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  key_id: z.guid(),
  pack_type: z.string(),
  pack_version: z.string(),
  payload_sha256: z.string(),
  status: runStatus,
  money_state: moneyState,
  version: counter,
  reserved_micros: amount,
  minimum_fee_micros: amount,
  charged_micros: amount.nullable(),
  attempt: z.number(),
  reason_code: z.string().nullable(),
  reason_detail: z.string().nullable(),
  result_attempt: z.number().nullable(),
  result_sha256: z.string().nullable(),
  result_bytes: counter.nullable(),
  reliability: z.number().nullable(),
  timebox_sec: z.number(),
  min_reliability: z.number().nullable(),
  trace_parent: z.string(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  retention_until: timestamp.nullable(),
});
