import { setPlan } from "#core/store/plans/set-plan.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

export async function putTenantOnPlan(operator: Operator, tenant_id: string, plan_id: string): Promise<Report> {
  const outcome = await setPlan(operator.db, tenant_id, plan_id);
  if (outcome === "no-tenant") throw new Refused(`there is no tenant ${tenant_id}`);
  if (outcome === "no-plan") throw new Refused(`there is no plan ${plan_id}`);
  await refreshMirror(operator, [tenant_id]);
  return { text: `tenant ${tenant_id} is on plan ${plan_id}`, json: { tenant_id, plan: plan_id } };
}
