import type { Db } from "../../ports/db.ts";
import sql from "./requeue-attempt.sql";

/** Gives a run back to the queue after an attempt that counts. The signal is the caller's, or the signal sweep's. */
export async function requeueAttempt(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string },
  max_attempts: number,
): Promise<"requeued" | "kept"> {
  const rows = await db.query({ name: "requeue-attempt", text: sql }, [lease.run_id, lease.lease_token, max_attempts]);
  return rows.length === 1 ? "requeued" : "kept";
}
