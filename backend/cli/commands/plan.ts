import type { Command } from "commander";
import type { Micros } from "#core/domain/money.ts";
import { burst, days, id, openRuns, packTypes, perMinute, planName, runCost } from "../arguments.ts";
import { defineNamedPlan } from "../operations/define-plan.ts";
import { reportPlans } from "../operations/list-plans.ts";
import { putTenantOnPlan } from "../operations/set-plan.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

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
  const plan = program.command("plan").description("packs, rates and limits of tenants");
  change(plan, "define", "create a plan, or change the given settings of one")
    .argument("<plan>", "the plan's name", planName)
    .option("--submit-per-minute <count>", "sustained rate of submits (new plan: 60)", perMinute)
    .option("--submit-burst <count>", "submits at once (new plan: 10)", burst)
    .option("--read-per-minute <count>", "sustained rate of reads (new plan: 600)", perMinute)
    .option("--read-burst <count>", "reads at once (new plan: 100)", burst)
    .option("--max-open-runs <count>", "open runs of a tenant (new plan: 10)", openRuns)
    .option("--max-cost-usd <amount>", "highest max_cost_usd of one run (new plan: 10.0000)", runCost)
    .option("--packs <types>", "allowed packs, separated by commas (new plan: all)", packTypes)
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
  change(plan, "set", "put a tenant on a plan")
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .requiredOption("--plan <plan>", "the plan's name", planName)
    .action((options: CommonOptions & { tenant: string; plan: string }) =>
      perform(options, (operator) => putTenantOnPlan(operator, options.tenant, options.plan)),
    );
  action(plan, "list", "show every plan").action((options: CommonOptions) => perform(options, reportPlans));
}
