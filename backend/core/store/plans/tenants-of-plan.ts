import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./tenants-of-plan.sql";

const row = z.object({ tenant_id: z.guid() });

export async function tenantsOfPlan(db: Db, plan_id: string): Promise<readonly string[]> {
  return (await db.query({ name: "tenants-of-plan", text: sql }, [plan_id])).map((found) => row.parse(found).tenant_id);
}
