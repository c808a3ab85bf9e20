import { formatUsd } from "#core/domain/money.ts";
import { type ListedTenant, listTenants } from "#core/store/tenants/list-tenants.ts";
import type { Operator, Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportTenants({ db }: Operator): Promise<Report> {
  const listed: ListedTenant[] = [];
  for (let page = await listTenants(db); page.length > 0; page = await listTenants(db, page.at(-1))) {
    listed.push(...page);
  }
  const tenants = listed.map(({ tenant_id, name, plan_id, status, available }) => ({
    tenant_id,
    name,
    status,
    plan: plan_id,
    available_usd: formatUsd(available),
  }));
  const rows = tenants.map((tenant) => [
    tenant.tenant_id,
    tenant.name,
    tenant.plan ?? "none",
    tenant.status,
    tenant.available_usd,
  ]);
  return {
    text: rows.length === 0 ? "there is no tenant" : table(["tenant", "name", "plan", "status", "available usd"], rows),
    json: { tenants },
  };
}
