import { formatUsd } from "#core/domain/money.ts";
import type { Plan } from "#core/store/plans/define-plan.ts";
import { fields } from "./text.ts";

export function planJson(plan: Plan): Record<string, unknown> {
  const { max_cost_micros, pack_types, ...limits } = plan;
  return { ...limits, max_cost_usd: formatUsd(max_cost_micros), packs: pack_types };
}

export function planText(plan: Plan): string {
  return fields([
    ["plan", plan.plan_id],
    ["submits", `${plan.submit_per_minute} per minute, ${plan.submit_burst} at once`],
    ["reads", `${plan.read_per_minute} per minute, ${plan.read_burst} at once`],
    ["open runs", String(plan.max_open_runs)],
    ["run costs up to", `${formatUsd(plan.max_cost_micros)} USD`],
    ["packs", plan.pack_types.join(", ")],
    ["results kept", `${plan.retention_days} days`],
  ]);
}
