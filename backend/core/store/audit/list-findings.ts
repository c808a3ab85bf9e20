import { z } from "zod";
import { moneyState, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { counter, only, timestamp } from "../columns.ts";
import { fn } from "../fn.ts";
import listSql from "./list-findings.sql";
import countSql from "./open-findings.sql";

const finding = z.object({
  finding_id: z.string(),
  tenant_id: z.guid(),
  run_id: z.guid().nullable(),
  kind: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  created_at: timestamp,
  status: runStatus.nullable(),
  money_state: moneyState.nullable(),
});
export type OpenFinding = z.infer<typeof finding>;

const resolved = z.object({
  outcome: z.enum(["resolved", "money-held"]),
  tenant_id: z.guid(),
  run_id: z.guid().nullable(),
  kind: z.string(),
});

/** Those that wait for a person, oldest first. */
export async function listFindings(db: Db, tenant_id?: string): Promise<readonly OpenFinding[]> {
  return (await db.query({ name: "list-findings", text: listSql }, [tenant_id ?? null])).map((row) =>
    finding.parse(row),
  );
}

export async function countFindings(db: Db): Promise<number> {
  return z.object({ findings: counter }).parse((await db.query({ name: "open-findings", text: countSql }, []))[0])
    .findings;
}

/** Undefined: no such open finding. "money-held": its run is open and frozen, and must be decided instead. */
export async function resolveFinding(
  db: Db,
  finding_id: string,
  note: string,
): Promise<z.infer<typeof resolved> | undefined> {
  return only((await fn(db, "resolve_finding", [finding_id, note])).map((row) => resolved.parse(row)));
}
