import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const key = z.object({ authorized: z.boolean(), scopes: z.array(scope) });
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

export type FindBudget =
  | { readonly kind: "unauthorized" | "scope-missing" }
  | { readonly kind: "found"; readonly budget: Budget };

export async function findBudget(db: Db, key_sha256: string): Promise<FindBudget> {
  const row = only(await fn(db, "find_budget", [bytea(key_sha256)]));
  if (row === undefined) return { kind: "unauthorized" };
  const caller = key.parse(row);
  if (!caller.authorized) return { kind: "unauthorized" };
  if (!caller.scopes.includes("read")) return { kind: "scope-missing" };
  return { kind: "found", budget: budget.parse(row) };
}
