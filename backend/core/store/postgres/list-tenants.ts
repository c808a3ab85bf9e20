import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount } from "./columns.ts";
import sql from "./list-tenants.sql";

const tenant = z.object({
  tenant_id: z.guid(),
  name: z.string(),
  plan_id: z.string().nullable(),
  status: z.enum(["active", "suspended"]),
  available: amount,
});

export async function listTenants(db: Db): Promise<readonly z.infer<typeof tenant>[]> {
  return (await db.query(sql, [])).map((row) => tenant.parse(row));
}
