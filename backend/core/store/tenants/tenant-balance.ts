import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import { tenantStatus } from "./set-tenant-status.ts";
import sql from "./tenant-balance.sql";

const balance = z.object({
  tenant_id: z.guid(),
  name: z.string(),
  status: tenantStatus,
  plan_id: z.string().nullable(),
  granted: amount,
  charged: amount,
  reserved: amount,
  available: amount,
  open_runs: z.number(),
});
export type TenantBalance = z.infer<typeof balance>;

/** Undefined: no such tenant. */
export async function tenantBalance(db: Db, tenant_id: string): Promise<TenantBalance | undefined> {
  return only((await db.query({ name: "tenant-balance", text: sql }, [tenant_id])).map((row) => balance.parse(row)));
}
