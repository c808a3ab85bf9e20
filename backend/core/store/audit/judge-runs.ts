import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import runsOfSql from "./audit-runs-of.sql";
import runsSql from "./audit-runs.sql";
import { counter } from "../columns.ts";
import sql from "./judge-runs.sql";

const FIRST = "00000000-0000-0000-0000-000000000000";
const listed = z.object({ run_id: z.guid(), cursor: z.string() });

const fault = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  version: z.string(),
  status: runStatus,
  money_state: moneyState,
  detail: z.record(z.string(), z.unknown()),
});
/** A run as it was seen, and what is wrong about it. */
export type RunDiscrepancy = z.infer<typeof fault>;

const result = z.object({ runs: counter, transfers: counter, faults: z.array(fault) });

/** The next runs after a cursor, of one tenant or of all, and where the ones after them begin; undefined: there were none. */
export async function nextRuns(
  db: Db,
  after: string | undefined,
  max: number,
  tenant_id?: string,
): Promise<{ readonly run_ids: readonly string[]; readonly last: string | undefined }> {
  const rows =
    tenant_id === undefined
      ? await db.query({ name: "audit-runs", text: runsSql }, [after ?? FIRST, max])
      : await db.query({ name: "audit-runs-of", text: runsOfSql }, [after ?? "", max, tenant_id]);
  const page = rows.map((row) => listed.parse(row));
  return { run_ids: page.map(({ run_id }) => run_id), last: page.at(-1)?.cursor };
}

/** What is wrong about these runs. */
export async function judgeRuns(db: Db, run_ids: readonly string[]): Promise<z.infer<typeof result>> {
  return result.parse((await db.query({ name: "judge-runs", text: sql }, [run_ids]))[0]);
}
