import { Outage } from "#core/domain/outage.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { AUDIT_SETTINGS, auditTenant, recordTenantDiscrepancies } from "#core/store/audit-tenant.ts";
import { auditTenants } from "#core/store/audit/audit-tenant.ts";
import { judgeRuns, nextRuns, type RunDiscrepancy } from "#core/store/audit/judge-runs.ts";
import { countFindings } from "#core/store/audit/list-findings.ts";
import { type Recorded, recordRunDiscrepancy } from "#core/store/audit/record-finding.ts";
import { TenantTurns } from "../turns.ts";

/** What one round reads at most; the next one goes on from there. */
const TENANTS = 100;
const RUN_BATCHES = 20;
const RUNS = 1_000;
/** More are not counted: each is a reason to stop all work. */
const MAX_DRIFTING = 10_000;

export interface AuditSweepDeps {
  readonly db: Db;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The last tenant and the last run of the round before. */
export interface AuditCursor {
  tenant_after: string | undefined;
  run_after: string | undefined;
  /** Tenants whose ledger and balance disagreed at their last audit. */
  readonly drifting?: Set<string>;
}

/** Adds up transfers of the next tenants and runs and compares them with balances, runs and usage. Corrects nothing. */
export async function sweepAudit(
  deps: AuditSweepDeps,
  cursor: AuditCursor,
  stop: AbortSignal,
  pace = AUDIT_SETTINGS,
): Promise<void> {
  const db: Db = {
    query: async (statement, values) => {
      stop.throwIfAborted();
      return deps.db.query(statement, values);
    },
  };
  const round = new TenantTurns(0).begin();
  const tenant_ids = await auditTenants(deps.db, cursor.tenant_after, TENANTS);
  for (const tenant_id of tenant_ids) {
    if (stop.aborted) return;
    // Before the step: a tenant whose sums take too long must not stop the round each time.
    cursor.tenant_after = tenant_id;
    await round.step(
      tenant_id,
      () => sweepTenant({ ...deps, db }, tenant_id, pace, cursor.drifting),
      (error) => {
        // A large tenant takes many statements: the sweep ends between two of them.
        if (stop.aborted) return;
        deps.metrics.count("tenant_unaudited");
        deps.log.error("a tenant could not be audited", { tenant_id, error });
      },
    );
  }
  if (tenant_ids.length < TENANTS) cursor.tenant_after = undefined;
  for (let batch = 0; batch < RUN_BATCHES && !stop.aborted; batch++) {
    if (!(await sweepRuns(deps, cursor))) break;
  }
  if (cursor.drifting !== undefined) deps.metrics.gauge("ledger_drift_tenants", cursor.drifting.size);
  deps.metrics.gauge("audit_findings_open", await countFindings(deps.db));
  round.end();
}

/** Audits the next runs. False: there were none, and the next round begins at the first. */
async function sweepRuns(deps: AuditSweepDeps, cursor: AuditCursor): Promise<boolean> {
  const { run_ids, last } = await nextRuns(deps.db, cursor.run_after, RUNS);
  // Before them: runs that cannot be audited must not stop the round each time.
  cursor.run_after = last;
  const faults = await judgeRuns(deps.db, run_ids).then(
    (judged) => judged.faults,
    (error: unknown) => {
      if (error instanceof Outage) throw error;
      deps.metrics.count("runs_unjudged");
      deps.log.error("runs could not be judged", { first: run_ids[0], last, error });
      return [];
    },
  );
  const round = new TenantTurns(0).begin();
  for (const fault of faults) {
    await round.step(
      fault.run_id,
      () => recordDiscrepancy(deps, fault),
      (error) => deps.log.error("a fault of a run could not be recorded", { run_id: fault.run_id, error }),
    );
  }
  round.end();
  return last !== undefined;
}

async function sweepTenant(
  deps: AuditSweepDeps,
  tenant_id: string,
  pace: typeof AUDIT_SETTINGS,
  drifting: Set<string> | undefined,
): Promise<void> {
  const audit = await auditTenant(deps.db, tenant_id, pace);
  if (audit?.faults.some(({ kind }) => kind === "tenant-books") !== true) drifting?.delete(tenant_id);
  else if (drifting !== undefined && drifting.size < MAX_DRIFTING) drifting.add(tenant_id);
  if (audit === undefined) return;
  for (const { fault, recorded } of await recordTenantDiscrepancies(deps.db, tenant_id, audit)) {
    const { kind, subject, detail } = fault;
    report(deps, recorded, { kind, tenant_id, subject, detail });
  }
}

async function recordDiscrepancy(deps: AuditSweepDeps, fault: RunDiscrepancy): Promise<void> {
  const { run_id, tenant_id, status, detail } = fault;
  const recorded = await recordRunDiscrepancy(deps.db, "run-books", fault);
  if (recorded === "found" && isTerminal(status)) deps.metrics.count("audit_required");
  report(deps, recorded, { kind: "run-books", tenant_id, run_id, detail });
}

/** Logs each finding once; the gauge counts it until a person has resolved it. */
function report(deps: AuditSweepDeps, recorded: Recorded, finding: Readonly<Record<string, unknown>>): void {
  if (recorded !== "found") return;
  deps.metrics.count("audit_finding", { kind: String(finding["kind"]) });
  deps.log.error("CRITICAL: ledger and balance disagree; see `dpp findings`", finding);
}
