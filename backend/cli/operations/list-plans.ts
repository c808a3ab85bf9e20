import { formatUsd } from "#core/domain/money.ts";
import { listPlans } from "#core/store/plans/list-plans.ts";
import type { Operator, Report } from "../operator.ts";
import { planJson } from "../plan-report.ts";
import { table } from "../text.ts";

export async function reportPlans({ db }: Operator): Promise<Report> {
  const plans = await listPlans(db);
  const rows = plans.map((plan) => [
    plan.plan_id,
    `${plan.submit_per_minute}/min, ${plan.submit_burst}`,
    `${plan.read_per_minute}/min, ${plan.read_burst}`,
    String(plan.max_open_runs),
    formatUsd(plan.max_cost_micros),
    plan.pack_types.join(","),
    String(plan.retention_days),
    String(plan.tenants),
  ]);
  const headings = ["plan", "submits, burst", "reads, burst", "open runs", "max cost usd", "packs", "days", "tenants"];
  return {
    text: plans.length === 0 ? "no plan is defined" : table(headings, rows),
    json: { plans: plans.map(({ tenants, ...plan }) => ({ ...planJson(plan), tenants })) },
  };
}
