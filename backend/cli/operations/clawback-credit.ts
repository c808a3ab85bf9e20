import { formatUsd, micros } from "#core/domain/money.ts";
import { type Clawback, clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

/** Takes credit back, once per id. The same clawback again is no error and changes nothing. */
export async function clawbackOnce(operator: Operator, clawback: Clawback): Promise<Report> {
  const { tenant_id, clawback_id, amount } = clawback;
  const result = await clawbackCredit(operator.db, clawback);
  if (result === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
  if (result.tenant_id !== tenant_id || result.asked_micros !== amount) {
    const asked = formatUsd(result.asked_micros);
    throw new Refused(
      `clawback ${clawback_id} was used already, for ${asked} USD of tenant ${result.tenant_id}; nothing was taken`,
    );
  }
  const balance = await tenantBalance(operator.db, tenant_id);
  if (balance === undefined) throw new Error("a clawback went to a tenant without a balance");
  await refreshMirror(operator, [tenant_id]);
  const taken_usd = formatUsd(result.taken_micros);
  const missing = micros(result.asked_micros - result.taken_micros);
  const missing_usd = formatUsd(missing);
  const available_usd = formatUsd(balance.available);
  const short = missing === 0 ? "" : `; ${missing_usd} USD was missing, which is a finding`;
  return {
    text: `${result.already ? "already taken back" : "taken back"}: ${taken_usd} USD as ${clawback_id}${short}; available ${available_usd} USD`,
    json: {
      tenant_id,
      clawback_id,
      amount_usd: formatUsd(amount),
      taken_usd,
      missing_usd,
      already_taken: result.already,
      available_usd,
    },
  };
}
