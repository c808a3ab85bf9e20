import { Outage } from "#core/domain/outage.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { AUDIT_PACE, auditTenant } from "#core/store/audit-tenant.ts";
import { auditTenants } from "#core/store/postgres/audit-tenant.ts";
import { judgeRuns, type RunFault } from "#core/store/postgres/judge-runs.ts";
import { countFindings } from "#core/store/postgres/list-findings.ts";
import { type Recorded, recordRunFault, recordTenantFault } from "#core/store/postgres/record-finding.ts";

/** One round looks at no more than this; the next one goes on from there. */
const TENANTS = 100;
const RUN_BATCHES = 20;
const RUNS = 1_000;

export interface AuditSweepDeps {
  readonly db: Db;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Where the turn through all tenants and all runs stands, from one round to the next. */
export interface AuditTurn {
  tenant_after: string | undefined;
  run_after: string | undefined;
}

/** Re-adds the transfers of the next tenants and runs, in short statements. Nothing is guessed, nothing corrected. */
export async function sweepAudit(
  deps: AuditSweepDeps,
  turn: AuditTurn,
  stop: AbortSignal,
  pace = AUDIT_PACE,
): Promise<void> {
  const db: Db = {
    query: async (text, values) => {
      stop.throwIfAborted();
      return deps.db.query(text, values);
    },
  };
  const tenant_ids = await auditTenants(deps.db, turn.tenant_after, TENANTS);
  for (const tenant_id of tenant_ids) {
    if (stop.aborted) return;
    // Before it: a tenant whose sums take too long must not keep the turn for ever.
    turn.tenant_after = tenant_id;
    await sweepTenant({ ...deps, db }, tenant_id, pace).catch((error: unknown) => {
      // A large tenant takes many statements: the sweep ends between two of them.
      if (stop.aborted) return;
      // A store that is out is out for all of them; one tenant that cannot be added up must not shield the others.
      if (error instanceof Outage) throw error;
      deps.log.error("a tenant could not be audited", { tenant_id, error });
    });
  }
  if (tenant_ids.length < TENANTS) turn.tenant_after = undefined;

  for (let batch = 0; batch < RUN_BATCHES && !stop.aborted; batch++) {
    const { faults, last } = await judgeRuns(deps.db, turn.run_after, RUNS);
    // Before them: a fault that cannot be recorded must not keep the turn for ever.
    turn.run_after = last;
    for (const fault of faults) {
      await recordFault(deps, fault).catch((error: unknown) => {
        if (error instanceof Outage) throw error;
        deps.log.error("a fault of a run could not be recorded", { run_id: fault.run_id, error });
      });
    }
    if (last === undefined) break;
  }
  deps.metrics.gauge("audit_findings_open", await countFindings(deps.db));
}

async function sweepTenant(deps: AuditSweepDeps, tenant_id: string, pace: typeof AUDIT_PACE): Promise<void> {
  const audit = await auditTenant(deps.db, tenant_id, pace);
  for (const fault of audit?.faults ?? []) {
    const { kind, subject, detail } = fault;
    tell(deps, await recordTenantFault(deps.db, tenant_id, fault), { kind, tenant_id, subject, detail });
  }
}

async function recordFault(deps: AuditSweepDeps, fault: RunFault): Promise<void> {
  const { run_id, tenant_id, status, detail } = fault;
  const recorded = await recordRunFault(deps.db, "run-books", fault);
  if (recorded === "found" && isTerminal(status)) deps.metrics.count("audit_required");
  tell(deps, recorded, { kind: "run-books", tenant_id, run_id, detail });
}

/** Once per finding: the gauge goes on telling of it until a person has resolved it. */
function tell(deps: AuditSweepDeps, recorded: Recorded, finding: Readonly<Record<string, unknown>>): void {
  if (recorded !== "found") return;
  deps.metrics.count("audit_finding", { kind: String(finding["kind"]) });
  deps.log.error("CRITICAL: the books do not add up; see `dpp findings`", finding);
}
