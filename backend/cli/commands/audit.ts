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
  action(program, "audit", "add up the transfers against every balance and every run; exit 1 on a finding")
    .option("--tenant <tenant>", "only this one's", id)
    .option("--full", "from the beginning, not from the checkpoints that earlier audits left; compares these too")
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
