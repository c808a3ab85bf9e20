import { z } from "zod";
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

const cut = z.object({ is_cut: z.boolean() });

/** So many are looked at, newest first, for a status of closed runs. */
export const RUNS_LOOKED_AT = 20_000;

export interface RunsWanted {
  readonly tenant_id: string;
  readonly status: RunStatus | undefined;
  readonly limit: number;
}

/** Undefined: no such tenant. `isCut`: it has more runs than were looked at. */
export async function listRuns(
  db: Db,
  wanted: RunsWanted,
): Promise<{ readonly runs: readonly z.infer<typeof listed>[]; readonly isCut: boolean } | undefined> {
  const rows = await db.query(sql, [wanted.tenant_id, wanted.status ?? null, wanted.limit, RUNS_LOOKED_AT]);
  if (rows.length === 0) return undefined;
  const runs = rows.filter((row) => row["run_id"] !== null).map((row) => listed.parse(row));
  return { runs, isCut: cut.parse(rows[0]).is_cut };
}
