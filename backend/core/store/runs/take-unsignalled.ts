import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import countSql from "./count-signals.sql";
import sql from "./take-unsignalled.sql";

const due = z.object({ run_id: z.guid(), trace_parent: z.string(), signal_count: z.number() });
export type Unsignalled = z.infer<typeof due>;

/** Up to ten QUEUED runs whose signal seems lost, marked as signalled now: the caller sends it. */
export async function takeUnsignalled(
  db: Db,
  waits: { readonly first_seconds: number; readonly longest_seconds: number },
): Promise<readonly Unsignalled[]> {
  return (await db.query({ name: "take-unsignalled", text: sql }, [waits.first_seconds, waits.longest_seconds])).map(
    (row) => due.parse(row),
  );
}

/** Says that a signal was sent. Losing this costs a signal too many. */
export async function countSignals(db: Db, runs: readonly Unsignalled[]): Promise<void> {
  await db.query({ name: "count-signals", text: countSql }, [runs.map((run) => run.run_id)]);
}
