import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { amount } from "../columns.ts";
import sql from "./define-plan.sql";

export const planColumns = z.object({
  plan_id: z.string(),
  submit_per_minute: z.number(),
  submit_burst: z.number(),
  read_per_minute: z.number(),
  read_burst: z.number(),
  max_open_runs: z.number(),
  max_cost_micros: amount,
  pack_types: z.array(z.string()),
  retention_days: z.number(),
});
export type Plan = z.infer<typeof planColumns>;

export interface PlanChange {
  readonly submit_per_minute?: number | undefined;
  readonly submit_burst?: number | undefined;
  readonly read_per_minute?: number | undefined;
  readonly read_burst?: number | undefined;
  readonly max_open_runs?: number | undefined;
  readonly max_cost_micros?: Micros | undefined;
  readonly pack_types?: readonly string[] | undefined;
  readonly retention_days?: number | undefined;
}

const result = planColumns.extend({ created: z.boolean() });

/** Makes a plan (with `new_pack_types` where the change names none), or changes what is named of one. */
export async function definePlan(
  db: Db,
  plan_id: string,
  change: PlanChange,
  new_pack_types: readonly string[],
): Promise<z.infer<typeof result>> {
  const rows = await db.query({ name: "define-plan", text: sql }, [
    plan_id,
    change.submit_per_minute ?? null,
    change.submit_burst ?? null,
    change.read_per_minute ?? null,
    change.read_burst ?? null,
    change.max_open_runs ?? null,
    change.max_cost_micros === undefined ? null : String(change.max_cost_micros),
    change.pack_types ?? null,
    change.retention_days ?? null,
    new_pack_types,
  ]);
  return result.parse(rows[0]);
}
