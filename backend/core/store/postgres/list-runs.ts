import type { z } from "zod";
import type { RunStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import sql from "./list-runs.sql";
import { runColumns } from "./run-columns.ts";

const listed = runColumns.pick({
  run_id: true,
  pack_type: true,
  status: true,
  money_state: true,
  reserved_micros: true,
  charged_micros: true,
  reason_code: true,
  created_at: true,
  finished_at: true,
});

export interface RunsWanted {
  readonly tenant_id: string;
  readonly status: RunStatus | undefined;
  readonly limit: number;
}

/** Undefined: no such tenant. */
export async function listRuns(db: Db, wanted: RunsWanted): Promise<readonly z.infer<typeof listed>[] | undefined> {
  const rows = await db.query(sql, [wanted.tenant_id, wanted.status ?? null, wanted.limit]);
  if (rows.length === 0) return undefined;
  return rows.filter((row) => row["run_id"] !== null).map((row) => listed.parse(row));
}
