import type { Command } from "commander";
import type { Micros } from "#core/domain/money.ts";
import { burst, days, id, openRuns, packTypes, perMinute, planName, runCost } from "../arguments.ts";
import { defineNamedPlan } from "../operations/define-plan.ts";
import { reportPlans } from "../operations/list-plans.ts";
import { putTenantOnPlan } from "../operations/set-plan.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface DefineOptions extends CommonOptions {
  readonly submitPerMinute?: number;
  readonly submitBurst?: number;
  readonly readPerMinute?: number;
  readonly readBurst?: number;
  readonly maxOpenRuns?: number;
  readonly maxCostUsd?: Micros;
  readonly packs?: string[];
  readonly retentionDays?: number;
}

export function addPlan(program: Command, perform: Perform): void {
  const plan = program.command("plan").description("what a tenant may do, and how often");
  action(plan, "define", "create a plan, or change what is named of one")
    .argument("<plan>", "its name", planName)
    .option("--submit-per-minute <count>", "sustained submits (new plan: 60)", perMinute)
    .option("--submit-burst <count>", "submits at once (new plan: 10)", burst)
    .option("--read-per-minute <count>", "sustained reads (new plan: 600)", perMinute)
    .option("--read-burst <count>", "reads at once (new plan: 100)", burst)
    .option("--max-open-runs <count>", "runs not ended yet (new plan: 10)", openRuns)
    .option("--max-cost-usd <amount>", "what one run may reserve (new plan: 10.0000)", runCost)
    .option("--packs <types>", "packs it may use, with commas between (new plan: all)", packTypes)
    .option("--retention-days <days>", "how long results are kept (new plan: 30)", days)
    .action((name: string, options: DefineOptions) =>
      perform(options, (operator) =>
        defineNamedPlan(operator, name, {
          submit_per_minute: options.submitPerMinute,
          submit_burst: options.submitBurst,
          read_per_minute: options.readPerMinute,
          read_burst: options.readBurst,
          max_open_runs: options.maxOpenRuns,
          max_cost_micros: options.maxCostUsd,
          pack_types: options.packs,
          retention_days: options.retentionDays,
        }),
      ),
    );
  action(plan, "set", "put a tenant on a plan")
    .argument("<tenant>", "its id", id)
    .argument("<plan>", "the plan's name", planName)
    .action((tenant_id: string, plan_id: string, options: CommonOptions) =>
      perform(options, (operator) => putTenantOnPlan(operator, tenant_id, plan_id)),
    );
  action(plan, "list", "show every plan").action((options: CommonOptions) => perform(options, reportPlans));
}
