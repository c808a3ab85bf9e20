import type { Command } from "commander";
import { id, pageSize } from "../arguments.ts";
import { reportCredit } from "../operations/list-credit.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface ListOptions extends CommonOptions {
  readonly tenant: string;
  readonly limit: number;
}

export function addCredit(program: Command, perform: Perform): void {
  const credit = program.command("credit").description("credit that tenants were given");
  action(credit, "list", "list a tenant's grants and clawbacks, newest first")
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .option("--limit <count>", "how many at most, up to 100", pageSize, 20)
    .action(({ tenant, limit, ...options }: ListOptions) =>
      perform(options, (operator) => reportCredit(operator, tenant, limit)),
    );
}
