import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import sql from "./create-tenant.sql";

export interface NewTenant {
  readonly tenant_id: string;
  readonly name: string;
  readonly plan_id: string | undefined;
}

/** False: the plan does not exist, and nothing was made. */
export async function createTenant(db: Db, tenant: NewTenant): Promise<boolean> {
  return (
    only(
      await db.query({ name: "create-tenant", text: sql }, [tenant.tenant_id, tenant.name, tenant.plan_id ?? null]),
    ) !== undefined
  );
}
