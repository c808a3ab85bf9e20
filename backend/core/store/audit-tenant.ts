import {
  type Added,
  NOTHING_ADDED,
  type TenantTotals,
  type TenantDiscrepancy,
  type UsageAmounts,
  addUp,
  checkpointDiscrepancies,
  tenantDiscrepancies,
} from "../domain/ledger-totals.ts";
import type { Db } from "../ports/db.ts";
import {
  type Checkpoint,
  type Settled,
  dropCheckpoint,
  findCheckpoint,
  noteCheckpoint,
} from "./audit/audit-checkpoint.ts";
import {
  type ClosedLines,
  type Horizon,
  addClosedRuns,
  addTransfers,
  auditHorizon,
  auditTenantRows,
  lineName,
  usageOf,
} from "./audit/audit-tenant.ts";
import { type Recorded, recordTenantDiscrepancy } from "./audit/record-finding.ts";

export interface AuditSettings {
  /** What is older cannot still be uncommitted: more than twice as long as any transaction may live. */
  readonly settled_seconds: number;
  /** How many transfers or runs one statement adds up. */
  readonly batch_size: number;
  /** All is added up from the beginning this often; 0: each time, and no checkpoint is noted. */
  readonly full_seconds: number;
}

/**
 * The longest statement timeout is the CLI's 30 s; worker and reaper have 10 s, and the edge waits at most 3 s for each of
 * its few locks. The rest is for a commit that waits for its replicas.
 */
export const AUDIT_SETTINGS: AuditSettings = { settled_seconds: 120, batch_size: 5_000, full_seconds: 7 * 86_400 };

export interface TenantAudit {
  readonly added: Added;
  readonly transfers: number;
  readonly faults: readonly TenantDiscrepancy[];
  /** The version of the checkpoint that one of these is about. */
  readonly contradicted?: string;
}

interface Pass {
  readonly audit: TenantAudit;
  /** What was settled. */
  readonly settled: Settled;
}

const BEGINNING: Settled = {
  through: "0",
  before: "-infinity",
  day: "-infinity",
  transfers: 0,
  added: NOTHING_ADDED,
  lines: new Map(),
  capped: new Map(),
};

/**
 * Adds up the transfers and closed runs of a tenant and compares with its balance, its keys' spending and its usage: what
 * is settled in batches, the rest with the rows themselves in one statement. It begins at the checkpoint that the last audit
 * recorded; at the beginning if there is no checkpoint, where `full` or its age asks for that, and wherever something does not add
 * up: a fault counts when two passes from the beginning find the same difference. Undefined: no such tenant.
 */
export async function auditTenant(
  db: Db,
  tenant_id: string,
  settings = AUDIT_SETTINGS,
  full = false,
): Promise<TenantAudit | undefined> {
  const checkpoint = await findCheckpoint(db, tenant_id, settings.full_seconds);
  if (checkpoint !== undefined && !full && !checkpoint.full_due) {
    const near = await runPass(db, tenant_id, settings, checkpoint.settled, false);
    if (near === undefined) return undefined;
    if (near.audit.faults.length === 0) {
      if (near.settled.through !== checkpoint.settled.through) await note(db, tenant_id, settings, near, checkpoint);
      return near.audit;
    }
  }
  const first = await passFromBeginning(db, tenant_id, settings, checkpoint);
  if (first === undefined) return undefined;
  if (first.audit.faults.length === 0) {
    await note(db, tenant_id, settings, first, undefined);
    return first.audit;
  }
  const second = await passFromBeginning(db, tenant_id, settings, checkpoint);
  if (second === undefined) return undefined;
  return {
    ...second.audit,
    faults: second.audit.faults.filter((fault) => first.audit.faults.some((one) => same(one, fault))),
  };
}

const same = (a: TenantDiscrepancy, b: TenantDiscrepancy): boolean =>
  a.kind === b.kind && a.subject === b.subject && a.difference === b.difference;

/** Records what an audit found. The checkpoint that a finding is about goes last: until then it is the evidence. */
export async function recordTenantDiscrepancies(
  db: Db,
  tenant_id: string,
  audit: TenantAudit,
): Promise<readonly { readonly fault: TenantDiscrepancy; readonly recorded: Recorded }[]> {
  const found: { fault: TenantDiscrepancy; recorded: Recorded }[] = [];
  for (const fault of audit.faults)
    found.push({ fault, recorded: await recordTenantDiscrepancy(db, tenant_id, fault) });
  const isContradicted = audit.faults.some(({ kind }) => kind === "audit-checkpoint");
  if (isContradicted && audit.contradicted !== undefined) await dropCheckpoint(db, tenant_id, audit.contradicted);
  return found;
}

async function note(
  db: Db,
  tenant_id: string,
  settings: AuditSettings,
  { settled }: Pass,
  from: Checkpoint | undefined,
) {
  if (settings.full_seconds > 0 && settled.through !== "0") await noteCheckpoint(db, tenant_id, settled, from);
}

/** All of it, and whether what the checkpoint stands for still adds up to what it says. */
async function passFromBeginning(
  db: Db,
  tenant_id: string,
  settings: AuditSettings,
  checkpoint: Checkpoint | undefined,
): Promise<Pass | undefined> {
  if (checkpoint === undefined) return runPass(db, tenant_id, settings, BEGINNING, true);
  const there = await advance(db, tenant_id, BEGINNING, checkpoint.settled, settings.batch_size);
  const contradictions = checkpointDiscrepancies(checkpoint.settled, there);
  const found = await runPass(db, tenant_id, settings, there, true);
  if (found === undefined || contradictions.length === 0) return found;
  const faults = [...contradictions, ...found.audit.faults];
  return { ...found, audit: { ...found.audit, faults, contradicted: checkpoint.version } };
}

/** From what is settled already. `isWhole`: that was added up from the beginning, and everything is compared. */
async function runPass(
  db: Db,
  tenant_id: string,
  settings: AuditSettings,
  from: Settled,
  isWhole: boolean,
): Promise<Pass | undefined> {
  const horizon = await auditHorizon(db, tenant_id, settings, from);
  const settled = await advance(db, tenant_id, from, horizon, settings.batch_size);
  const compared = { usage_from: isWhole ? BEGINNING.day : from.day, isWhole };
  const rows = await auditTenantRows(db, tenant_id, horizon, compared);
  if (rows === undefined) return undefined;
  const closed = new Map(settled.lines);
  const capped = new Map(settled.capped);
  addLines(closed, capped, rows.lines);
  const totals: TenantTotals = {
    added: addUp(settled.added, rows),
    closed,
    capped,
    open_runs: rows.open_runs,
    balance: rows.balance,
    usage: usageOf(rows.usage),
    keys: rows.keys,
  };
  const transfers = settled.transfers + rows.transfers;
  return { audit: { added: totals.added, transfers, faults: tenantDiscrepancies(totals) }, settled };
}

/** Adds the settled transfers and closed runs from one place to another, in batches. */
async function advance(db: Db, tenant_id: string, from: Settled, to: Horizon, batch_size: number): Promise<Settled> {
  let { added, transfers } = from;
  for (let after = from.through; BigInt(after) < BigInt(to.through);) {
    const next = await addTransfers(db, tenant_id, after, to.through, batch_size);
    added = addUp(added, next);
    transfers += next.transfers;
    after = next.last_id ?? to.through;
  }
  const lines = new Map(from.lines);
  const capped = new Map(from.capped);
  let place: { finished_at: string; run_id?: string } | undefined = { finished_at: from.before };
  while (place !== undefined && to.before !== from.before) {
    const page = await addClosedRuns(db, tenant_id, place, to.before, batch_size);
    addLines(lines, capped, page.lines);
    const { last_finished_at, last_run_id } = page;
    place =
      last_finished_at === null || last_run_id === null
        ? undefined
        : { finished_at: last_finished_at, run_id: last_run_id };
  }
  const { through, before, day } = to;
  return { through, before, day, transfers, added, lines, capped };
}

function addLines(lines: Map<string, UsageAmounts>, capped: Map<string, bigint>, more: ClosedLines): void {
  for (const line of more) {
    const before = lines.get(lineName(line)) ?? [];
    lines.set(
      lineName(line),
      line.figures.map((figure, index) => figure + (before[index] ?? 0n)),
    );
    capped.set(line.key_id, (capped.get(line.key_id) ?? 0n) + line.capped);
  }
}
