import { formatUsd } from "#core/domain/money.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { fields } from "../text.ts";

export async function reportBalance({ db }: Operator, tenant_id: string): Promise<Report> {
  const found = await tenantBalance(db, tenant_id);
  if (found === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
  const usd = {
    available_usd: formatUsd(found.available),
    reserved_usd: formatUsd(found.reserved),
    charged_usd: formatUsd(found.charged),
    granted_usd: formatUsd(found.granted),
  };
  return {
    text: fields([
      ["tenant", `${found.tenant_id} (${found.name}, ${found.status})`],
      ["plan", found.plan_id ?? "none"],
      ["available", `${usd.available_usd} USD`],
      ["reserved", `${usd.reserved_usd} USD in ${found.open_runs} open runs`],
      ["charged", `${usd.charged_usd} USD`],
      ["granted", `${usd.granted_usd} USD`],
    ]),
    json: {
      tenant_id: found.tenant_id,
      name: found.name,
      status: found.status,
      plan: found.plan_id,
      ...usd,
      open_runs: found.open_runs,
    },
  };
}
