import type { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { planColumns } from "./define-plan.ts";
import sql from "./list-plans.sql";

const listed = planColumns.extend({ tenants: counter });
export type ListedPlan = z.infer<typeof listed>;

export async function listPlans(db: Db): Promise<readonly ListedPlan[]> {
  return (await db.query({ name: "list-plans", text: sql }, [])).map((row) => listed.parse(row));
}
