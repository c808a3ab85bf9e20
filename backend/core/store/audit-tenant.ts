import { type Added, NOTHING_ADDED, type TenantBooks, type TenantFault, addUp, tenantFaults } from "../domain/books.ts";
import type { Db } from "../ports/db.ts";
import {
  type ClosedLines,
  type Horizon,
  addClosedRuns,
  addTransfers,
  auditHorizon,
  auditTenantRows,
  lineName,
  usageOf,
} from "./postgres/audit-tenant.ts";

export interface AuditPace {
  /** What is older cannot still be uncommitted: more than twice as long as any transaction may live. */
  readonly settled_seconds: number;
  /** How many transfers or runs one statement adds up. */
  readonly piece: number;
}

/**
 * The longest statement timeout is the CLI's 30 s; worker and reaper have 10 s, and the edge waits at most 3 s for each of
 * its few locks. The rest is for a commit that waits for its replicas.
 */
export const AUDIT_PACE: AuditPace = { settled_seconds: 120, piece: 5_000 };

export interface TenantAudit {
  readonly added: Added;
  readonly transfers: number;
  readonly faults: readonly TenantFault[];
}

/**
 * Re-adds every transfer and every closed run of a tenant and compares with its balance, its keys' spending and its
 * usage: what is settled in pieces, the rest with the rows themselves in one statement. What does not add up is looked
 * at again from the start, and counts when it differs by the same. Undefined: no such tenant.
 */
export async function auditTenant(db: Db, tenant_id: string, pace = AUDIT_PACE): Promise<TenantAudit | undefined> {
  const first = await look(db, tenant_id, pace);
  if (first === undefined || first.faults.length === 0) return first;
  const second = await look(db, tenant_id, pace);
  return second && { ...second, faults: second.faults.filter((fault) => first.faults.some((one) => same(one, fault))) };
}

const same = (a: TenantFault, b: TenantFault): boolean =>
  a.kind === b.kind && a.subject === b.subject && a.difference === b.difference;

async function look(db: Db, tenant_id: string, pace: AuditPace): Promise<TenantAudit | undefined> {
  const horizon = await auditHorizon(db, tenant_id, pace.settled_seconds, pace.piece);
  const settled = await addSettled(db, tenant_id, horizon, pace.piece);
  const closed = new Map<string, bigint[]>();
  const capped = new Map<string, bigint>();
  await forSettledRuns(db, tenant_id, horizon, pace.piece, (lines) => addLines(closed, capped, lines));

  const rows = await auditTenantRows(db, tenant_id, horizon);
  if (rows === undefined) return undefined;
  addLines(closed, capped, rows.lines);
  const books: TenantBooks = {
    added: addUp(settled.added, rows),
    closed,
    capped,
    open_runs: rows.open_runs,
    balance: rows.balance,
    usage: usageOf(rows.usage),
    keys: rows.keys,
  };
  return { added: books.added, transfers: settled.transfers + rows.transfers, faults: tenantFaults(books) };
}

async function addSettled(
  db: Db,
  tenant_id: string,
  { through }: Horizon,
  piece: number,
): Promise<{ added: Added; transfers: number }> {
  let added = NOTHING_ADDED;
  let transfers = 0;
  for (let after = "0"; BigInt(after) < BigInt(through);) {
    const next = await addTransfers(db, tenant_id, after, through, piece);
    added = addUp(added, next);
    transfers += next.transfers;
    after = next.last_id ?? through;
  }
  return { added, transfers };
}

async function forSettledRuns(
  db: Db,
  tenant_id: string,
  { before }: Horizon,
  piece: number,
  add: (lines: ClosedLines) => void,
): Promise<void> {
  let after: { finished_at: string; run_id: string } | undefined;
  while (before !== "-infinity") {
    const { last_finished_at, last_run_id, lines } = await addClosedRuns(db, tenant_id, after, before, piece);
    if (last_finished_at === null || last_run_id === null) return;
    add(lines);
    after = { finished_at: last_finished_at, run_id: last_run_id };
  }
}

function addLines(closed: Map<string, bigint[]>, capped: Map<string, bigint>, lines: ClosedLines): void {
  for (const line of lines) {
    const before = closed.get(lineName(line)) ?? [];
    closed.set(
      lineName(line),
      line.figures.map((figure, index) => figure + (before[index] ?? 0n)),
    );
    capped.set(line.key_id, (capped.get(line.key_id) ?? 0n) + line.capped);
  }
}
