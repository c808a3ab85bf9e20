import type { Db } from "#core/ports/db.ts";
import { findPlan, type OwnPlan } from "#core/store/plans/find-plan.ts";
import type { Gate } from "../admission/gate.ts";

/** What the caller's plan includes. */
export async function ownPlan({ caller, read }: Gate, { db }: { readonly db: Db }): Promise<OwnPlan> {
  const found = await read(() => findPlan(db, caller.key_sha256));
  if (found.kind !== "found") throw new Error("a plan was not found");
  return found.plan;
}
