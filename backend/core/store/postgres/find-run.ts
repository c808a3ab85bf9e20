import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, counter, only, timestamp } from "./columns.ts";
import sql from "./find-run.sql";

const run = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  pack_type: z.string(),
  pack_version: z.string(),
  metadata: z.record(z.string(), z.string()),
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
  trace_parent: z.string(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  retention_until: timestamp.nullable(),
  expired: z
    .boolean()
    .nullable()
    .transform((value) => value ?? false),
});
export type FoundRun = z.infer<typeof run>;

const key = z.object({ authorized: z.boolean(), scopes: z.array(scope) });

export type FindRun =
  | { readonly kind: "unauthorized" | "scope-missing" | "absent" }
  | { readonly kind: "found"; readonly run: FoundRun };

/** Checks the key and finds the run of its tenant in one statement, so that no other tenant's can ever be read. */
export async function findRun(db: Db, key_sha256: string, run_id: string): Promise<FindRun> {
  const row = only(await db.query(sql, [key_sha256, run_id]));
  if (row === undefined) return { kind: "unauthorized" };
  const caller = key.parse(row);
  if (!caller.authorized) return { kind: "unauthorized" };
  if (!caller.scopes.includes("read")) return { kind: "scope-missing" };
  return row["run_id"] === null ? { kind: "absent" } : { kind: "found", run: run.parse(row) };
}
