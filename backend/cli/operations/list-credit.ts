import { formatUsd } from "#core/domain/money.ts";
import { listCredit } from "#core/store/ledger/list-credit.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

/** Grants and clawbacks of a tenant, newest first. */
export async function reportCredit({ db }: Operator, tenant_id: string, limit: number): Promise<Report> {
  if ((await tenantBalance(db, tenant_id)) === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
  const credit = (await listCredit(db, tenant_id, limit)).map(({ amount_micros, ...rest }) => ({
    ...rest,
    amount_usd: formatUsd(amount_micros),
  }));
  const rows = credit.map((each) => [each.created_at.toISOString(), each.kind, each.grant_id, each.amount_usd]);
  return {
    text: rows.length === 0 ? "the tenant was never granted credit" : table(["at", "kind", "id", "amount usd"], rows),
    json: { tenant_id, credit },
  };
}
