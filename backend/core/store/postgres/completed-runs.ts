import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, counter } from "./columns.ts";
import sql from "./completed-runs.sql";

const completed = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  version: z.string(),
  status: runStatus,
  money_state: moneyState,
  charged_micros: amount.nullable(),
  finalize_token: z.guid().nullable(),
  result_attempt: z.number().nullable(),
  result_sha256: z.string(),
  result_bytes: counter.nullable(),
});
export type CompletedRun = z.infer<typeof completed>;

/** The next completed runs, of one tenant or of all, after a run_id. */
export async function completedRuns(
  db: Db,
  after: string | undefined,
  most: number,
  tenant_id?: string,
): Promise<readonly CompletedRun[]> {
  const first = after ?? "00000000-0000-0000-0000-000000000000";
  return (await db.query(sql, [first, most, tenant_id ?? null])).map((row) => completed.parse(row));
}
