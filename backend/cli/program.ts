import { Command, type OutputConfiguration } from "commander";
import { escapeUnprintable } from "#core/domain/printable.ts";
import { VERSION } from "#core/domain/version.ts";
import { addActions } from "./commands/actions.ts";
import { addAudit } from "./commands/audit.ts";
import { addBalance } from "./commands/balance.ts";
import { addClawback } from "./commands/clawback.ts";
import { addCredit } from "./commands/credit.ts";
import { addDeadLetters } from "./commands/dead-letters.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addFindings } from "./commands/findings.ts";
import { addGrant } from "./commands/grant.ts";
import { addKey } from "./commands/key.ts";
import { addPack } from "./commands/pack.ts";
import { addPlan } from "./commands/plan.ts";
import { addReceipt } from "./commands/receipt.ts";
import { addRevenue } from "./commands/revenue.ts";
import { addRun } from "./commands/run.ts";
import { addSwitch } from "./commands/switch.ts";
import { addTenant } from "./commands/tenant.ts";
import { addUi } from "./commands/ui.ts";
import { complaint } from "./complaint.ts";
import type { Shell } from "./perform.ts";

/** Every command of the operators' CLI. */
export function createProgram(shell: Shell, output: OutputConfiguration = {}): Command {
  const program = new Command("dpp")
    .description("Operate Decisionproof: tenants, plans, API keys, credit, runs, receipts, audits and the switch.")
    .version(VERSION, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(escapeUnprintable(complaint(text))), ...output })
    .addHelpText(
      "after",
      "\nFor a pipe write `npm run -s dpp -- ... --json`: without -s npm prints a banner before the answer.\n" +
        "Environment: DATABASE_URL (the owner's), REDIS_URL (optional), DPP_SYNC_GRACE_SECONDS; for dead letters and\n" +
        "receipts AWS_REGION and credentials, SQS_QUEUE_URL and SQS_DLQ_URL (SQS_ENDPOINT), S3_BUCKET (S3_ENDPOINT); DPP_JWKS, the default of --jwks;\n" +
        "DPP_OPERATOR, the name under which changes are recorded (default: the name of the machine's user).\n" +
        "Without DATABASE_URL `npm run dpp` uses the development stack of .dev/stack.json (DPP_DEV_DIR: another directory).\n" +
        "Exit codes: 0 done, 1 not found, refused, failed or a finding, 2 bad arguments or environment. With --json errors\n" +
        'are JSON too, on standard output: {"error": {"kind", "message"}}.',
    );
  const money = [addGrant, addClawback, addCredit, addBalance, addRun, addRevenue, addAudit, addFindings];
  for (const add of [addTenant, addPlan, addPack, addKey, ...money, addDeadLetters, addSwitch, addActions])
    add(program, shell.perform);
  addReceipt(program, shell);
  addDoctor(program, shell);
  addUi(program, shell);
  return program;
}
