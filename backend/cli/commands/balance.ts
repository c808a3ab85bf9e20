import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportBalance } from "../operations/report-balance.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addBalance(program: Command, perform: Perform): void {
  action(program, "balance", "show a tenant's available, reserved and charged amounts")
    .argument("[tenant]", "the tenant's id", id)
    .option("--tenant <tenant>", "the tenant's id", id)
    .action(async (positional: string | undefined, options: CommonOptions & { tenant?: string }, command: Command) => {
      const tenant_id = positional ?? options.tenant;
      if (tenant_id === undefined) command.error("error: missing tenant: give <tenant> or --tenant");
      if (tenant_id !== (options.tenant ?? tenant_id))
        command.error("error: <tenant> and --tenant are different tenants");
      await perform(options, (operator) => reportBalance(operator, tenant_id));
    });
}
