import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { runColumns } from "./run-columns.ts";

const receiptRow = runColumns.extend({ outcome: z.literal("found"), payload_sha256: z.string() });

const answer = z.union([
  z
    .object({ outcome: z.enum(["unauthorized", "scope-missing", "absent"]) })
    .transform(({ outcome }) => ({ kind: outcome })),
  receiptRow.transform(({ outcome, ...run }) => ({ kind: outcome, run })),
]);
export type FindReceipt = z.output<typeof answer>;

/** Checks the key and finds the run of its tenant in one statement, like `findRun`; its status is never EXPIRED. */
export async function findReceipt(db: Db, key_sha256: string, run_id: string): Promise<FindReceipt> {
  const rows = await fn(db, "find_receipt", [bytea(key_sha256), run_id], "outcome, payload_sha256, (run).*");
  return answer.parse(only(rows));
}
