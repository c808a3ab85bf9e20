import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./set-plan.sql";

const result = z.object({ tenant_exists: z.boolean(), plan_exists: z.boolean() });

export async function setPlan(db: Db, tenant_id: string, plan_id: string): Promise<"set" | "no-tenant" | "no-plan"> {
  const { tenant_exists, plan_exists } = result.parse(
    (await db.query({ name: "set-plan", text: sql }, [tenant_id, plan_id]))[0],
  );
  if (!tenant_exists) return "no-tenant";
  return plan_exists ? "set" : "no-plan";
}
