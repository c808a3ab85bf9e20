import { z } from "zod";
import type { UsageAmounts } from "../../domain/ledger-totals.ts";
import type { Db } from "../../ports/db.ts";
import horizonSql from "./audit-horizon.sql";
import tenantSql from "./audit-tenant.sql";
import tenantsSql from "./audit-tenants.sql";
import { counter, only } from "../columns.ts";
import { fn } from "../fn.ts";

const FIRST = "00000000-0000-0000-0000-000000000000";

/** A sum of micros or a count: beyond the safe integers, and negative where the ledger is wrong. */
const sum = z
  .string()
  .regex(/^-?\d{1,30}$/)
  .transform((text) => BigInt(text));
const id = z.guid();

const horizon = z.object({ through: z.string(), before: z.string(), day: z.string() });
export type Horizon = z.infer<typeof horizon>;

const sums = { given: sum, taken_back: sum, reserve: sum, charge: sum, refund: sum };
const transfers = z.object({ transfers: counter, last_id: z.string().nullable(), ...sums });

const line = z.object({ day: z.string(), pack_type: z.string(), key_id: id, figures: z.array(sum).length(6) });
const lines = z.array(line.extend({ capped: sum }));
export type ClosedLines = z.infer<typeof lines>;
const closedRuns = z.object({
  runs: counter,
  last_finished_at: z.string().nullable(),
  last_run_id: id.nullable(),
  lines,
});

const tenant = z.object({
  balance: z.object({ granted: sum, charged: sum, reserved: sum, available: sum, open_runs: sum }).nullable(),
  open_runs: sum,
  transfers: counter,
  ...sums,
  runs: counter,
  lines,
  usage: z.array(line),
  keys: z.array(z.object({ key_id: id, spending_id: id, committed: sum.nullable(), open: sum })),
});

/** The next tenants in the order of their ids. */
export async function auditTenants(db: Db, after: string | undefined, max: number): Promise<readonly string[]> {
  return (await db.query({ name: "audit-tenants", text: tenantsSql }, [after ?? FIRST, max])).map(
    (row) => z.object({ tenant_id: id }).parse(row).tenant_id,
  );
}

/** What is settled: no transaction that is still under way can add a transfer or a closed run to it. */
export async function auditHorizon(
  db: Db,
  tenant_id: string,
  { settled_seconds, batch_size }: { readonly settled_seconds: number; readonly batch_size: number },
  from: Pick<Horizon, "through" | "before">,
): Promise<Horizon> {
  const values = [tenant_id, settled_seconds, batch_size, from.through, from.before];
  return horizon.parse((await db.query({ name: "audit-horizon", text: horizonSql }, values))[0]);
}

/** The next settled transfers, added up by kind. */
export async function addTransfers(db: Db, tenant_id: string, after: string, through: string, max: number) {
  return transfers.parse((await fn(db, "add_transfers", [tenant_id, after, through, max]))[0]);
}

/** The next settled runs from a moment on, or after one of that moment, added up by day, pack and key. */
export async function addClosedRuns(
  db: Db,
  tenant_id: string,
  from: { readonly finished_at: string; readonly run_id?: string },
  before: string,
  max: number,
) {
  const cursor = [from.finished_at, from.run_id ?? FIRST];
  return closedRuns.parse((await fn(db, "add_closed_runs", [tenant_id, ...cursor, before, max]))[0]);
}

/**
 * What the rows say and what the horizon left out. From the beginning all of it; else usage from a day on, and no key
 * without a cap. Undefined: no such tenant.
 */
export async function auditTenantRows(
  db: Db,
  tenant_id: string,
  { through, before }: Horizon,
  { usage_from, isWhole }: { readonly usage_from: string; readonly isWhole: boolean },
) {
  const values = [tenant_id, through, before, usage_from, isWhole];
  return only((await db.query({ name: "audit-tenant", text: tenantSql }, values)).map((row) => tenant.parse(row)));
}

/** Identifies a line of usage. */
export const lineName = ({ day, pack_type, key_id }: z.infer<typeof line>): string => `${day} ${pack_type} ${key_id}`;

export const usageOf = (rows: readonly z.infer<typeof line>[]): ReadonlyMap<string, UsageAmounts> =>
  new Map(rows.map((row) => [lineName(row), row.figures]));
