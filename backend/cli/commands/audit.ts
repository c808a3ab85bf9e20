import type { Command } from "commander";
import { id } from "../arguments.ts";
import { auditLedger } from "../operations/audit-ledger.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface AuditOptions extends CommonOptions {
  readonly tenant?: string;
  readonly receipts?: true;
  readonly full?: true;
}

export function addAudit(program: Command, perform: Perform): void {
  action(program, "audit", "compare the ledger with every balance and every run; exit code 1 on a finding")
    .option("--tenant <tenant>", "only this tenant", id)
    .option("--full", "from the first transfer, not from the checkpoints of earlier audits, which are compared too")
    .option("--receipts", "also compare every result's receipt in S3 with its run")
    .action((options: AuditOptions) =>
      perform(options, (operator) =>
        auditLedger(operator, {
          tenant_id: options.tenant,
          receipts: options.receipts === true,
          full: options.full === true,
        }),
      ),
    );
}
