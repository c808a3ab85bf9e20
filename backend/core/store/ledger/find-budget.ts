import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { type Refused, refusalOf } from "../keys/key-refusal.ts";
import { amount, only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const budget = z.object({
  granted: amount,
  charged: amount,
  reserved: amount,
  available: amount,
  open_runs: z.number(),
  max_open_runs: z.number().nullable(),
  key_cap_micros: amount.nullable(),
  key_committed_micros: amount,
});
export type Budget = z.infer<typeof budget>;

export type FindBudget = Refused | { readonly kind: "found"; readonly budget: Budget };

export async function findBudget(db: Db, key_sha256: string): Promise<FindBudget> {
  const row = only(await fn(db, "find_budget", [bytea(key_sha256)]));
  return refusalOf(row) ?? { kind: "found", budget: budget.parse(row) };
}
