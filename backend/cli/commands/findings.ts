import type { Command } from "commander";
import { findingId, id, note } from "../arguments.ts";
import { reportFindings } from "../operations/list-findings.ts";
import { resolveWithNote } from "../operations/resolve-finding.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addFindings(program: Command, perform: Perform): void {
  const findings = program.command("findings").description("what the audit found, for a person to decide");
  action(findings, "list", "show those that are open; the same without `list`", { isDefault: true })
    .option("--tenant <tenant>", "only this one's", id)
    .action((options: CommonOptions & { tenant?: string }) =>
      perform(options, (operator) => reportFindings(operator, options.tenant)),
    );
  action(findings, "resolve", "say that one is dealt with; the last of a closed run lets it go again")
    .argument("<finding>", "its number", findingId)
    .requiredOption("--note <text>", "what was found out and done", note)
    .action((finding_id: string, options: CommonOptions & { note: string }) =>
      perform(options, (operator) => resolveWithNote(operator, finding_id, options.note)),
    );
}
