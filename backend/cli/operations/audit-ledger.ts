import { addUp, amountsOf, NOTHING_ADDED, type Added } from "#core/domain/ledger-totals.ts";
import { formatSum } from "#core/domain/money.ts";
import { AUDIT_SETTINGS, auditTenant, recordTenantDiscrepancies } from "#core/store/audit-tenant.ts";
import { auditTenants } from "#core/store/audit/audit-tenant.ts";
import { judgeRuns, nextRuns } from "#core/store/audit/judge-runs.ts";
import { listFindings } from "#core/store/audit/list-findings.ts";
import { type Recorded, recordRunDiscrepancy } from "#core/store/audit/record-finding.ts";
import { type Operator, Refused, type Report, type StoresOperator } from "../operator.ts";
import { fields } from "../text.ts";
import { auditReceipts } from "./audit-receipts.ts";
import { findingsText } from "./list-findings.ts";

const TENANTS = 100;
const RUNS = 1_000;

interface AuditRequest {
  /** Undefined: all. */
  readonly tenant_id: string | undefined;
  readonly receipts: boolean;
  /** From the beginning, not from the checkpoints of the turns before. */
  readonly full: boolean;
}

/**
 * Audits all tenants and runs now, in short statements, beside the traffic. What disagrees becomes a finding, and freezes
 * its run where that is closed. Findings that were open before are printed too.
 */
export async function auditLedger(operator: StoresOperator, request: AuditRequest): Promise<Report> {
  const { db, clock } = operator;
  const began_ms = clock.now();
  const objects = request.receipts ? await operator.objects() : undefined;
  const totals = await addTenants(operator, request);
  const runs = await addRuns(operator, request.tenant_id);
  const receipts = objects && (await auditReceipts(db, objects, request.tenant_id));
  const recorded = [...totals.recorded, ...runs.recorded, ...(receipts?.recorded ?? [])];
  const moved_on = recorded.filter((each) => each === "lost").length;
  if (moved_on > 0) operator.warn(`${moved_on} runs changed while they were judged: audit again`);

  const findings = await listFindings(db, request.tenant_id);
  const seconds = (clock.now() - began_ms) / 1000;
  const { granted, charged, reserved, available } = amountsOf(totals.added);
  const counts = { tenants: totals.tenants, transfers: totals.transfers, runs: runs.runs };
  const usd = {
    granted_usd: formatSum(granted),
    charged_usd: formatSum(charged),
    reserved_usd: formatSum(reserved),
    available_usd: formatSum(available),
  };
  const found = recorded.filter((each) => each === "found").length;
  const summary: [string, string][] = [
    ...Object.entries(counts).map(([name, count]): [string, string] => [name, String(count)]),
    ...(receipts === undefined ? [] : [["receipts", String(receipts.receipts)] as [string, string]]),
    ...Object.entries(usd).map(([name, sum]): [string, string] => [name.replace("_usd", ""), `${sum} USD`]),
    ["seconds", seconds.toFixed(1)],
    ["findings", `${found} new, ${findings.length} open`],
  ];
  return {
    text: findings.length === 0 ? fields(summary) : `${fields(summary)}\n\n${findingsText(findings)}`,
    json: { ...counts, receipts: receipts?.receipts ?? null, ...usd, seconds, new_findings: found, moved_on, findings },
    ...(findings.length > 0 || moved_on > 0 ? { exit_code: 1 } : {}),
  };
}

async function addTenants({ db }: Operator, { tenant_id: only, full }: AuditRequest) {
  let added: Added = NOTHING_ADDED;
  let [tenants, transfers] = [0, 0];
  const recorded: Recorded[] = [];
  let page = only === undefined ? await auditTenants(db, undefined, TENANTS) : [only];
  while (page.length > 0) {
    for (const tenant_id of page) {
      const audit = await auditTenant(db, tenant_id, AUDIT_SETTINGS, full);
      if (audit === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
      added = addUp(added, audit.added);
      tenants += 1;
      transfers += audit.transfers;
      for (const each of await recordTenantDiscrepancies(db, tenant_id, audit)) recorded.push(each.recorded);
    }
    page = only === undefined ? await auditTenants(db, page.at(-1), TENANTS) : [];
  }
  return { added, tenants, transfers, recorded };
}

async function addRuns({ db }: Operator, tenant_id: string | undefined) {
  let runs = 0;
  const recorded: Recorded[] = [];
  for (let after: string | undefined; ;) {
    const { run_ids, last } = await nextRuns(db, after, RUNS, tenant_id);
    const judged = await judgeRuns(db, run_ids);
    runs += judged.runs;
    for (const fault of judged.faults) recorded.push(await recordRunDiscrepancy(db, "run-books", fault));
    if (last === undefined) return { runs, recorded };
    after = last;
  }
}
