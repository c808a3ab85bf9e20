import { formatUsd } from "#core/domain/money.ts";
import { findGrant } from "#core/store/ledger/find-grant.ts";
import { type Grant, grantCredit, MAX_GRANTED } from "#core/store/ledger/grant-credit.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

/** Adds credit, once per grant id. The same grant again is no error and changes nothing. */
export async function grantOnce(operator: Operator, grant: Grant): Promise<Report> {
  const before = await tenantBalance(operator.db, grant.tenant_id);
  if (before?.status === "closed") throw new Refused(`tenant ${grant.tenant_id} is closed; nothing was granted`);
  const granted = await grantCredit(operator.db, grant);
  if (granted === undefined) await expectTheSame(operator, grant);
  const balance = await tenantBalance(operator.db, grant.tenant_id);
  if (balance === undefined) throw new Error("a grant went to a tenant without a balance");
  await refreshMirror(operator, [grant.tenant_id]);
  const amount_usd = formatUsd(grant.amount);
  const available_usd = formatUsd(balance.available);
  return {
    text: `${granted === undefined ? "already granted" : "granted"}: ${amount_usd} USD as ${grant.grant_id}; available ${available_usd} USD`,
    json: {
      tenant_id: grant.tenant_id,
      grant_id: grant.grant_id,
      amount_usd,
      already_granted: granted === undefined,
      available_usd,
    },
  };
}

async function expectTheSame({ db }: Operator, grant: Grant): Promise<void> {
  const earlier = await findGrant(db, grant.grant_id);
  if (earlier === undefined) {
    const balance = await tenantBalance(db, grant.tenant_id);
    if (balance === undefined) throw new Refused(`there is no tenant ${grant.tenant_id}`);
    const [most, granted] = [formatUsd(MAX_GRANTED), formatUsd(balance.granted)];
    throw new Refused(
      `an account may be granted ${most} USD in all (2^53 - 1 micros); this one was granted ${granted} USD; nothing was granted`,
    );
  }
  if (earlier.tenant_id === grant.tenant_id && earlier.amount_micros === grant.amount) return;
  throw new Refused(
    `grant ${grant.grant_id} was used already, for ${formatUsd(earlier.amount_micros)} USD to tenant ${earlier.tenant_id}; nothing was granted`,
  );
}
