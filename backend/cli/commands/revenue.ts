import type { Command } from "commander";
import { day, id } from "../arguments.ts";
import { reportRevenue } from "../operations/report-revenue.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface RevenueOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly tenant?: string;
}

export function addRevenue(program: Command, perform: Perform): void {
  action(program, "revenue", "what finished runs were charged, by day (UTC) and pack")
    .option("--from <day>", "the first day (default: 29 days before the last)", day)
    .option("--to <day>", "the last day (default: today)", day)
    .option("--tenant <tenant>", "only this tenant", id)
    .action(({ from, to, tenant: tenant_id, ...options }: RevenueOptions) =>
      perform(options, (operator) => reportRevenue(operator, { from, to, tenant_id })),
    );
}
