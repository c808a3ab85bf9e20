import type { Db } from "#core/ports/db.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import type { Gate } from "../admission/gate.ts";
import { runNotFound } from "./problems.ts";

/** The run of this id, if it is the caller's. Nobody learns whether another's exists. */
export async function findOwnRun(
  { caller, read }: Gate,
  { db }: { readonly db: Db },
  run_id: string,
): Promise<FoundRun> {
  const found = await read(() => findRun(db, caller.key_sha256, run_id));
  if (found.kind !== "found") throw runNotFound();
  return found.run;
}
