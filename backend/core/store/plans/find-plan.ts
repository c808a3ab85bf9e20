import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { type Refused, refusalOf } from "../keys/key-refusal.ts";
import { amount, only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const plan = z.object({
  pack_types: z.array(z.string()),
  /** Null where the tenant has no plan. */
  max_cost_micros: amount.nullable(),
});
export type OwnPlan = z.output<typeof plan>;

export async function findPlan(
  db: Db,
  key_sha256: string,
): Promise<Refused | { readonly kind: "found"; readonly plan: OwnPlan }> {
  const row = only(await fn(db, "find_plan", [bytea(key_sha256)]));
  return refusalOf(row) ?? { kind: "found", plan: plan.parse(row) };
}
