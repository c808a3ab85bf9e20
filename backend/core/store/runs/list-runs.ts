import { z } from "zod";
import type { RunStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import sql from "./list-runs.sql";
import { runColumns } from "./run-columns.ts";

/** How many runs are read for those of a status. */
export const MAX_RUNS_SCANNED = 20_000;

const summary = runColumns.pick({
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
const scanned = z.object({ matched: z.boolean(), last_scanned: z.boolean() });

export interface RunsRequest {
  readonly tenant_id: string;
  readonly status: RunStatus | undefined;
  readonly limit: number;
  /** Only those that were made before this one. */
  readonly before: string | undefined;
}

export interface ListedRuns {
  readonly runs: readonly z.output<typeof summary>[];
  /** Where to go on: not all were read. */
  readonly next_before: string | undefined;
}

/** Undefined: no such tenant. */
export async function listRuns(db: Db, request: RunsRequest): Promise<ListedRuns | undefined> {
  const { tenant_id, status, limit, before } = request;
  const rows = await db.query({ name: "list-runs", text: sql }, [
    tenant_id,
    status ?? null,
    limit,
    before ?? null,
    MAX_RUNS_SCANNED,
  ]);
  if (rows.length === 0) return undefined;
  const found = rows
    .filter((row) => row["run_id"] !== null)
    .map((row) => ({ run: summary.parse(row), ...scanned.parse(row) }));
  const last = found.at(-1);
  const runs = found.filter(({ matched }) => matched).map(({ run }) => run);
  return { runs, next_before: last?.last_scanned === true ? last.run.run_id : undefined };
}
