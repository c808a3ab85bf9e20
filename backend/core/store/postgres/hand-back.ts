import type { Db } from "../../ports/db.ts";
import sql from "./hand-back.sql";

/** Gives an unfinished run back to the queue without counting the attempt. */
export async function handBack(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string },
): Promise<"handed-back" | "kept"> {
  const rows = await db.query(sql, [lease.run_id, lease.lease_token]);
  return rows.length === 1 ? "handed-back" : "kept";
}
