import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./take-unsignalled.sql";

const due = z.object({ run_id: z.guid(), trace_parent: z.string(), signal_count: z.number() });
export type Unsignalled = z.infer<typeof due>;

/** Up to ten QUEUED runs whose signal seems lost, marked as signalled now: the caller sends it. */
export async function takeUnsignalled(
  db: Db,
  waits: { readonly first_seconds: number; readonly longest_seconds: number },
): Promise<readonly Unsignalled[]> {
  return (await db.query(sql, [waits.first_seconds, waits.longest_seconds])).map((row) => due.parse(row));
}
