import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import sql from "./revenue.sql";

const line = z.object({
  day: z.string(),
  pack_type: z.string(),
  runs: counter,
  completed: counter,
  failed: counter,
  canceled: counter,
  tenants: counter,
  /** A sum of amounts may be more than one amount may be. */
  charged_micros: z.string().regex(/^\d+$/).transform(BigInt),
});
export type RevenueLine = z.infer<typeof line>;

/** By day and pack; `from` and `to` are `YYYY-MM-DD`, UTC, both included. */
export async function revenue(
  db: Db,
  request: { readonly from: string; readonly to: string; readonly tenant_id: string | undefined },
): Promise<readonly RevenueLine[]> {
  const rows = await db.query({ name: "revenue", text: sql }, [request.from, request.to, request.tenant_id ?? null]);
  return rows.map((row) => line.parse(row));
}
