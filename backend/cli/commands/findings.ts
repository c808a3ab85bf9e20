import type { Command } from "commander";
import { findingId, id, reason } from "../arguments.ts";
import { reportFindings } from "../operations/list-findings.ts";
import { resolveWithNote } from "../operations/resolve-finding.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

export function addFindings(program: Command, perform: Perform): void {
  const findings = program.command("findings").description("discrepancies that the audit found");
  action(findings, "list", "list the open findings (default)", { isDefault: true })
    .option("--tenant <tenant>", "only this tenant", id)
    .action((options: CommonOptions & { tenant?: string }) =>
      perform(options, (operator) => reportFindings(operator, options.tenant)),
    );
  change(findings, "resolve", "close a finding; a closed run is unfrozen by its last one", {
    reason: "note",
    dry_run: true,
  })
    .argument("<finding>", "the finding's number", findingId)
    .requiredOption("--note <text>", "what was found and done", reason)
    .action((finding_id: string, options: CommonOptions & { note: string }) =>
      perform(options, (operator) => resolveWithNote(operator, finding_id, options.note)),
    );
}
