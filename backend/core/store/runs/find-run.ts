import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { runColumns } from "./run-columns.ts";

export const foundRun = runColumns.extend({
  metadata: z.record(z.string(), z.string()),
  expired: z
    .boolean()
    .nullable()
    .transform((value) => value ?? false),
});
export type FoundRun = z.infer<typeof foundRun>;

const key = z.object({ authorized: z.boolean(), scopes: z.array(scope) });

export type FindRun =
  | { readonly kind: "unauthorized" | "scope-missing" | "absent" }
  | { readonly kind: "found"; readonly run: FoundRun };

/** Checks the key and finds the run of its tenant in one statement, so that no other tenant's can ever be read. */
export async function findRun(db: Db, key_sha256: string, run_id: string): Promise<FindRun> {
  const row = only(await fn(db, "find_run", [bytea(key_sha256), run_id]));
  if (row === undefined) return { kind: "unauthorized" };
  const caller = key.parse(row);
  if (!caller.authorized) return { kind: "unauthorized" };
  if (!caller.scopes.includes("read")) return { kind: "scope-missing" };
  return row["run_id"] === null ? { kind: "absent" } : { kind: "found", run: foundRun.parse(row) };
}
