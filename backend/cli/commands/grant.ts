import type { Command } from "commander";
import type { Micros } from "#core/domain/money.ts";
import { grantAmount, grantId, id } from "../arguments.ts";
import { grantOnce } from "../operations/grant-credit.ts";
import { change, type CommonOptions, type Perform } from "../perform.ts";

interface GrantOptions extends CommonOptions {
  readonly tenant: string;
  readonly usd: Micros;
  readonly id: string;
}

export function addGrant(program: Command, perform: Perform): void {
  change(program, "grant", "add credit to a balance, once per grant id", { dry_run: true })
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .requiredOption("--usd <amount>", "how much to add, in USD", grantAmount)
    .requiredOption("--id <grant id>", "the id of the invoice or payment: each id is applied once", grantId)
    .action((options: GrantOptions) =>
      perform(options, (operator) =>
        grantOnce(operator, { tenant_id: options.tenant, grant_id: options.id, amount: options.usd }),
      ),
    );
}
