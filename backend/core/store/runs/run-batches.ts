import type { Db } from "../../ports/db.ts";
import { type ClaimBatch, createClaimBatch } from "./begin-finalize.ts";
import { type CompletionBatch, createCompletionBatch } from "./complete-run.ts";
import { createLeaseBatch, type LeaseBatch } from "./lease-run.ts";

/** W1, W3 and W5, whose calls of all runs of a worker share statements. */
export interface RunBatches {
  readonly leases: LeaseBatch;
  readonly claims: ClaimBatch;
  readonly completions: CompletionBatch;
}

export const createRunBatches = (db: Db): RunBatches => ({
  leases: createLeaseBatch(db),
  claims: createClaimBatch(db),
  completions: createCompletionBatch(db),
});
