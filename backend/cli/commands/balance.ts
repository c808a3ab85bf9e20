import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportBalance } from "../operations/report-balance.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addBalance(program: Command, perform: Perform): void {
  action(program, "balance", "show what a tenant has, holds and has paid")
    .argument("[tenant]", "its id", id)
    .option("--tenant <tenant>", "its id, said in another way", id)
    .action(async (positional: string | undefined, options: CommonOptions & { tenant?: string }, command: Command) => {
      const tenant_id = positional ?? options.tenant;
      if (tenant_id === undefined) command.error("error: <tenant> must be named: whose balance?");
      if (tenant_id !== (options.tenant ?? tenant_id)) command.error("error: <tenant> and --tenant name two tenants");
      await perform(options, (operator) => reportBalance(operator, tenant_id));
    });
}
