import type { Db } from "../../ports/db.ts";
import sql from "./extend-lease.sql";

/** W2. "lost": another decides this run now. */
export async function extendLease(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string },
  times: { readonly lease_seconds: number; readonly grace_seconds: number },
): Promise<"extended" | "lost"> {
  const rows = await db.query({ name: "extend-lease", text: sql }, [
    lease.run_id,
    lease.lease_token,
    times.lease_seconds,
    times.grace_seconds,
  ]);
  return rows.length === 1 ? "extended" : "lost";
}
