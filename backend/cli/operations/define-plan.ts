import { catalog } from "#core/domain/packs/catalog.ts";
import { definePlan, type PlanChange } from "#core/store/plans/define-plan.ts";
import { tenantsOfPlan } from "#core/store/plans/tenants-of-plan.ts";
import type { Operator, Report } from "../operator.ts";
import { planJson, planText } from "../plan-report.ts";
import { refreshMirror } from "./refresh-mirror.ts";

/** Makes a plan, or changes what is named of one, for every tenant on it at once. */
export async function defineNamedPlan(operator: Operator, plan_id: string, change: PlanChange): Promise<Report> {
  const { created, ...plan } = await definePlan(operator.db, plan_id, change, [...catalog.keys()]);
  if (!created) await refreshMirror(operator, await tenantsOfPlan(operator.db, plan_id));
  return {
    text: `${created ? "created" : "changed"}\n${planText(plan)}`,
    json: { created, ...planJson(plan) },
  };
}
