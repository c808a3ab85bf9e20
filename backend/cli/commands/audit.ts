import type { Command } from "commander";
import { id } from "../arguments.ts";
import { auditBooks } from "../operations/audit-books.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface AuditOptions extends CommonOptions {
  readonly tenant?: string;
  readonly receipts?: true;
}

export function addAudit(program: Command, perform: Perform): void {
  action(program, "audit", "re-add every transfer against every balance and every run; exit 1 on a finding")
    .option("--tenant <tenant>", "only this one's", id)
    .option("--receipts", "also compare every result's receipt in S3 with its run")
    .action((options: AuditOptions) =>
      perform(options, (operator) =>
        auditBooks(operator, { tenant_id: options.tenant, receipts: options.receipts === true }),
      ),
    );
}
