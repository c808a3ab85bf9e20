import type { Db } from "../../ports/db.ts";
import sql from "./requeue-uncounted.sql";

/**
 * Gives an unfinished run back to the queue without counting the attempt. `later`: the caller sends no signal, so that
 * the signal sweep's comes after 1, 2, 4 and then 8 of its waits.
 */
export async function requeueUncounted(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string },
  when: "now" | "later" = "now",
): Promise<"requeued" | "kept"> {
  const rows = await db.query({ name: "requeue-uncounted", text: sql }, [
    lease.run_id,
    lease.lease_token,
    when === "later",
  ]);
  return rows.length === 1 ? "requeued" : "kept";
}
