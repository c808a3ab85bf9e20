import { z } from "zod";
import { REASONS } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import { foundRun } from "./find-run.ts";

const decided = z.enum(["canceled", "requested", "already-canceled", "already-terminal", "frozen", "lost"]);
const refused = z.object({ outcome: z.enum(["absent", "read-only"]) });
const unauthorized = z.object({ outcome: z.enum(["unauthorized", "scope-missing"]) });

const result = z.union([
  foundRun.extend({ outcome: decided }).transform(({ outcome, ...run }) => ({ outcome, run })),
  refused,
  unauthorized,
]);
export type CancelResult = z.infer<typeof result>;

/**
 * C1: ends a run of the caller's tenant, or requests its end, depending on its status; returns the run as it is now.
 * After an Outage the call may be repeated.
 */
export async function cancelRun(db: Db, key_sha256: string, run_id: string): Promise<CancelResult> {
  const [row] = await fn(db, "cancel_run", [bytea(key_sha256), run_id, REASONS.CANCELED], "outcome, (run).*");
  return result.parse(row);
}
