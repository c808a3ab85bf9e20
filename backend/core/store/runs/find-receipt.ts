import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, counter, only, timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const key = z.object({ authorized: z.boolean(), scopes: z.array(scope) });
const receiptRow = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  pack_type: z.string(),
  pack_version: z.string(),
  payload_sha256: z.string(),
  status: runStatus,
  money_state: moneyState,
  result_sha256: z.string().nullable(),
  result_bytes: counter.nullable(),
  reserved_micros: amount,
  charged_micros: amount.nullable(),
  minimum_fee_micros: amount,
  reason_code: z.string().nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
});

export type FindReceipt =
  | { readonly kind: "unauthorized" | "scope-missing" | "absent" }
  | { readonly kind: "found"; readonly run: z.infer<typeof receiptRow> };

/** Checks the key and finds the run of its tenant in one statement, like `findRun`; its status is never EXPIRED. */
export async function findReceipt(db: Db, key_sha256: string, run_id: string): Promise<FindReceipt> {
  const row = only(await fn(db, "find_receipt", [bytea(key_sha256), run_id]));
  if (row === undefined) return { kind: "unauthorized" };
  const caller = key.parse(row);
  if (!caller.authorized) return { kind: "unauthorized" };
  if (!caller.scopes.includes("read")) return { kind: "scope-missing" };
  return row["run_id"] === null ? { kind: "absent" } : { kind: "found", run: receiptRow.parse(row) };
}
