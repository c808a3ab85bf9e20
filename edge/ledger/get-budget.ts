import type { z } from "zod";
import type { Db } from "#core/ports/db.ts";
import { findBudget } from "#core/store/ledger/find-budget.ts";
import type { Gate } from "../admission/gate.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { budgetView } from "./schemas.ts";
import { viewBudget } from "./view-budget.ts";

export const getBudget = operation({
  id: "getBudget",
  method: "GET",
  path: "/v1/budget",
  scope: "read",
  tag: "budget",
  summary: "Read the budget",
  description: "The account's balance, to the micro, and the API key's own budget where it has one.",
  responses: { 200: { description: "The budget.", schema: budgetView } },
  handle: async (request, deps: ShieldDeps) => request.json(200, await readBudget(request, deps)),
});

/** What Postgres says, not the mirror. */
export async function readBudget(
  { caller, read }: Gate,
  { db }: { readonly db: Db },
): Promise<z.input<typeof budgetView>> {
  const found = await read(() => findBudget(db, caller.key_sha256));
  if (found.kind !== "found") throw new Error("a budget was not found");
  return viewBudget(found.budget);
}
