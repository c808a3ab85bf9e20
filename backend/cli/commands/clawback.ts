import type { Command } from "commander";
import type { Micros } from "#core/domain/money.ts";
import { grantAmount, grantId, id } from "../arguments.ts";
import { clawbackOnce } from "../operations/clawback-credit.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addClawback(program: Command, perform: Perform): void {
  action(program, "clawback", "take credit back as far as it is available, once per id; the rest is a finding")
    .argument("<tenant>", "whose balance", id)
    .argument("<amount>", "how much, in USD", grantAmount)
    .requiredOption("--id <id>", "what makes this clawback this one: a dispute, a refund", grantId)
    .action((tenant_id: string, amount: Micros, options: CommonOptions & { id: string }) =>
      perform(options, (operator) => clawbackOnce(operator, { tenant_id, clawback_id: options.id, amount })),
    );
}
