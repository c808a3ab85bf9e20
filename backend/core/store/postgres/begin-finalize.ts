import type { Db } from "../../ports/db.ts";
import sql from "./begin-finalize.sql";

/** W3. Our own retry after a lost reply reads as "lost": the claimed sweep then decides. */
export async function beginFinalize(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string },
  finalize_token: string,
): Promise<"claimed" | "lost"> {
  const rows = await db.query(sql, [lease.run_id, lease.lease_token, finalize_token]);
  return rows.length === 1 ? "claimed" : "lost";
}
