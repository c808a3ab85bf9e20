import { z } from "zod";
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

const result = z.union([
  z
    .object({ outcome: z.enum(["unauthorized", "scope-missing", "absent"]) })
    .transform(({ outcome }) => ({ kind: outcome })),
  foundRun.extend({ outcome: z.literal("found") }).transform(({ outcome, ...run }) => ({ kind: outcome, run })),
]);
export type FindRun = z.output<typeof result>;

/** Checks the key and finds the run of its tenant in one statement, so that no other tenant's can ever be read. */
export async function findRun(db: Db, key_sha256: string, run_id: string): Promise<FindRun> {
  return result.parse(only(await fn(db, "find_run", [bytea(key_sha256), run_id], "outcome, (run).*")));
}

const withInputs = z.union([
  z
    .object({ outcome: z.enum(["unauthorized", "scope-missing", "absent"]) })
    .transform(({ outcome }) => ({ kind: outcome })),
  foundRun
    .extend({ outcome: z.literal("found"), inputs: z.string().nullable() })
    .transform(({ outcome, inputs, ...run }) => ({ kind: outcome, run, inputs })),
]);

/** The same with what was submitted, as canonical JSON; null once it is purged. */
export async function findRunWithInputs(
  db: Db,
  key_sha256: string,
  run_id: string,
): Promise<z.output<typeof withInputs>> {
  const rows = await fn(db, "find_run_with_inputs", [bytea(key_sha256), run_id], "outcome, inputs, (run).*");
  return withInputs.parse(only(rows));
}
