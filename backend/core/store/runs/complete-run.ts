import type { Receipt } from "../../domain/receipt.ts";
import type { Db, Row } from "../../ports/db.ts";
import type { Batch } from "../batch.ts";
import { bytea, fn } from "../fn.ts";
import { closed, type ClosedRun } from "./close-run.ts";
import { createRunBatch } from "./run-batch.ts";

interface Completion extends Receipt {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly attempt: number;
}

export type CompletionBatch = Batch<Completion, Row>;

export const createCompletionBatch = (db: Db): CompletionBatch =>
  createRunBatch(
    "finalize_token",
    (completions: readonly Completion[]) =>
      fn(db, "complete_runs", {
        run_ids: completions.map(({ run_id }) => run_id),
        tokens: completions.map(({ finalize_token }) => finalize_token),
        charges: completions.map(({ cost }) => String(cost)),
        attempts: completions.map(({ attempt }) => String(attempt)),
        sha256s: completions.map(({ sha256 }) => bytea(sha256)),
        bytes: completions.map(({ bytes }) => String(bytes)),
        reliabilities: completions.map(({ reliability }) => String(reliability)),
      }),
    // Its balance is locked.
    ({ tenant_id }) => tenant_id,
  );

/** W5, linearization point 3. Undefined: another closed, requeued or froze the run first; stop and undo nothing. */
export async function completeRun(
  completions: CompletionBatch,
  { run_id, tenant_id, attempt }: Pick<Completion, "run_id" | "tenant_id" | "attempt">,
  receipt: Receipt,
): Promise<ClosedRun | undefined> {
  const row = await completions.call({ ...receipt, run_id, tenant_id, attempt });
  return row === undefined ? undefined : closed.parse(row);
}
