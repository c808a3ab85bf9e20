import { formatUsd, type Micros } from "#core/domain/money.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { grantOnce } from "./grant-credit.ts";

/**
 * Gives back what a run was charged, or a part of it, as a grant of that id: the charge and its receipt stay as they are.
 * The same refund again is no error and changes nothing; another amount is refused.
 */
export async function refundRunOnce(operator: Operator, run_id: string, given?: Micros): Promise<Report> {
  const run = await showRun(operator.db, run_id);
  if (run === undefined) throw new Refused(`there is no run ${run_id}`);
  if (run.money_state !== "SETTLED" || run.charged_micros === null)
    throw new Refused(
      `run ${run_id} is ${run.status}, ${run.money_state}: it was charged nothing that could be given back`,
    );
  const amount = given ?? run.charged_micros;
  if (amount > run.charged_micros)
    throw new Refused(`run ${run_id} was charged ${formatUsd(run.charged_micros)} USD: no more is given back`);
  return grantOnce(operator, { tenant_id: run.tenant_id, grant_id: `refund of run ${run_id}`, amount });
}
