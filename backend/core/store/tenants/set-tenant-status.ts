import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./set-tenant-status.sql";

export const tenantStatus = z.enum(["active", "suspended", "closed"]);
export type TenantStatus = z.infer<typeof tenantStatus>;

/** False: no such tenant, it is closed, or it has credit or open runs, or is not suspended, and may not be closed. */
export async function setTenantStatus(db: Db, tenant_id: string, status: TenantStatus): Promise<boolean> {
  return (await db.query({ name: "set-tenant-status", text: sql }, [tenant_id, status])).length === 1;
}
