import type { Command } from "commander";
import type { Micros } from "#core/domain/money.ts";
import { grantAmount, grantId, id } from "../arguments.ts";
import { clawbackOnce } from "../operations/clawback-credit.ts";
import { change, type CommonOptions, type Perform } from "../perform.ts";

interface ClawbackOptions extends CommonOptions {
  readonly tenant: string;
  readonly usd: Micros;
  readonly id: string;
}

export function addClawback(program: Command, perform: Perform): void {
  change(program, "clawback", "take back credit that is available, once per id; the rest becomes a finding", {
    reason: "required",
    dry_run: true,
  })
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .requiredOption("--usd <amount>", "how much to take back, in USD", grantAmount)
    .requiredOption("--id <clawback id>", "the id of the dispute or refund: each id is applied once", grantId)
    .action((options: ClawbackOptions) =>
      perform(options, (operator) =>
        clawbackOnce(operator, { tenant_id: options.tenant, clawback_id: options.id, amount: options.usd }),
      ),
    );
}
