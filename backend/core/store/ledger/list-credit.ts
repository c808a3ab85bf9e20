import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount, timestamp } from "../columns.ts";
import sql from "./list-credit.sql";

const credit = z.object({
  transfer_id: z.string(),
  kind: z.enum(["GRANT", "CLAWBACK"]),
  grant_id: z.string(),
  amount_micros: amount,
  created_at: timestamp,
});
export type Credit = z.infer<typeof credit>;

/** Grants and clawbacks of a tenant, up to `limit`, newest first. */
export async function listCredit(db: Db, tenant_id: string, limit: number): Promise<readonly Credit[]> {
  return (await db.query({ name: "list-credit", text: sql }, [tenant_id, limit])).map((row) => credit.parse(row));
}
