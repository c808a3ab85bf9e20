import { listFindings, type OpenFinding } from "#core/store/audit/list-findings.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportFindings({ db }: Operator, tenant_id: string | undefined): Promise<Report> {
  if (tenant_id !== undefined && (await tenantBalance(db, tenant_id)) === undefined)
    throw new Refused(`there is no tenant ${tenant_id}`);
  const findings = await listFindings(db, tenant_id);
  return {
    text: findings.length === 0 ? "there is no open finding" : findingsText(findings),
    json: { findings },
  };
}

export function findingsText(findings: readonly OpenFinding[]): string {
  const rows = findings.map((finding) => [
    finding.finding_id,
    finding.kind,
    finding.created_at.toISOString(),
    finding.tenant_id,
    finding.run_id === null ? finding.subject : `${finding.run_id} ${finding.status}, ${finding.money_state}`,
    JSON.stringify(finding.detail),
  ]);
  return table(["finding", "kind", "since", "tenant", "about", "detail"], rows);
}
