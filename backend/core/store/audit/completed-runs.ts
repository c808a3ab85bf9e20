import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, counter } from "../columns.ts";
import ofTenantSql from "./completed-runs-of.sql";
import sql from "./completed-runs.sql";

const FIRST = "00000000-0000-0000-0000-000000000000";

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

const scanned = z.object({ cursor: z.string(), expected: z.boolean().nullable() });

/**
 * Reads the next `max` runs after a cursor, of one tenant or of all: those whose result must be there, and where to
 * go on. `last` is undefined: there were none.
 */
export async function completedRuns(
  db: Db,
  after: string | undefined,
  max: number,
  tenant_id?: string,
): Promise<{ readonly runs: readonly CompletedRun[]; readonly last: string | undefined }> {
  const rows =
    tenant_id === undefined
      ? await db.query({ name: "completed-runs", text: sql }, [after ?? FIRST, max])
      : await db.query({ name: "completed-runs-of", text: ofTenantSql }, [after ?? "", max, tenant_id]);
  const page = rows.map((row) => ({ ...scanned.parse(row), row }));
  return {
    runs: page.filter(({ expected }) => expected === true).map(({ row }) => completed.parse(row)),
    last: page.at(-1)?.cursor,
  };
}
