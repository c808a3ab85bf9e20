import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportBalance } from "../operations/report-balance.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addBalance(program: Command, perform: Perform): void {
  action(program, "balance", "show what a tenant has, holds and has paid")
    .requiredOption("--tenant <tenant>", "its id", id)
    .action((options: CommonOptions & { tenant: string }) =>
      perform(options, (operator) => reportBalance(operator, options.tenant)),
    );
}
