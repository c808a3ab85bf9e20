import { z } from "zod";
import { isTerminal } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { fn } from "../fn.ts";
import type { RunDiscrepancy } from "./judge-runs.ts";

const outcome = z.object({ outcome: z.enum(["found", "known", "lost"]) });

/** "found": a new finding; "known": it is open already; "lost": the run has changed: read it again. */
export type Recorded = z.infer<typeof outcome>["outcome"];

/** A finding about a tenant. */
export async function recordTenantDiscrepancy(
  db: Db,
  tenant_id: string,
  fault: { readonly kind: string; readonly subject: string; readonly detail: Readonly<Record<string, unknown>> },
): Promise<Recorded> {
  return record(db, [tenant_id, null, fault.kind, fault.subject, JSON.stringify(fault.detail)]);
}

/** A finding about a run. A closed run is frozen by it; an open one may still change, and is read again. */
export async function recordRunDiscrepancy(db: Db, kind: string, fault: RunDiscrepancy): Promise<Recorded> {
  const detail = JSON.stringify(fault.detail);
  if (!isTerminal(fault.status)) return record(db, [fault.tenant_id, fault.run_id, kind, "", detail]);
  const rows = await fn(db, "freeze_closed_run", [fault.run_id, fault.version, fault.money_state, kind, detail]);
  return outcome.parse(rows[0]).outcome;
}

async function record(db: Db, values: readonly (string | null)[]): Promise<Recorded> {
  return (await fn(db, "record_finding", values)).length === 1 ? "found" : "known";
}
