import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount } from "../columns.ts";
import { tenantStatus } from "./set-tenant-status.ts";
import sql from "./list-tenants.sql";

const tenant = z.object({
  tenant_id: z.guid(),
  name: z.string(),
  plan_id: z.string().nullable(),
  status: tenantStatus,
  available: amount,
  cursor: z.string(),
});
export type ListedTenant = z.infer<typeof tenant>;

/** Up to 500 tenants, oldest first, after the one given. */
export async function listTenants(db: Db, after?: ListedTenant): Promise<readonly ListedTenant[]> {
  const place = [after?.cursor ?? "-infinity", after?.tenant_id ?? "00000000-0000-0000-0000-000000000000"];
  return (await db.query({ name: "list-tenants", text: sql }, place)).map((row) => tenant.parse(row));
}
