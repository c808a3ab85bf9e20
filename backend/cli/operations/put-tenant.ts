import { formatUsd } from "#core/domain/money.ts";
import { setTenantStatus, type TenantStatus } from "#core/store/tenants/set-tenant-status.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

const MEANING: Readonly<Record<TenantStatus, string>> = {
  active: "its keys are taken",
  suspended: "its keys are refused with 401; open runs go on, are charged, and are told to its webhooks",
  closed: "its keys are refused for good; its runs and transfers stay",
};

/** Suspends, resumes or closes a tenant. The same again is no error. */
export async function putTenant(operator: Operator, tenant_id: string, status: TenantStatus): Promise<Report> {
  const before = await tenantBalance(operator.db, tenant_id);
  if (before === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
  if (before.status !== status && !(await setTenantStatus(operator.db, tenant_id, status)))
    throw new Refused(whyNot((await tenantBalance(operator.db, tenant_id)) ?? before));
  await refreshMirror(operator, [tenant_id]);
  return {
    text: `tenant ${tenant_id} (${before.name}) is ${status}: ${MEANING[status]}`,
    json: { tenant_id, name: before.name, status, status_before: before.status },
  };
}

function whyNot(tenant: NonNullable<Awaited<ReturnType<typeof tenantBalance>>>): string {
  const { tenant_id, status, available, open_runs } = tenant;
  if (status === "closed") return `tenant ${tenant_id} is closed for good`;
  if (status === "active") return `tenant ${tenant_id} is active: suspend it first`;
  const held = [
    ...(open_runs > 0 ? [`${open_runs} open runs: wait for them or \`dpp run cancel\` them`] : []),
    ...(available > 0 ? [`${formatUsd(available)} USD of credit: take it back with \`dpp clawback\``] : []),
  ];
  return `tenant ${tenant_id} still has ${held.join("; and ")}`;
}
