import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportRun } from "../operations/report-run.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addRun(program: Command, perform: Perform): void {
  const run = program.command("run").description("paid work");
  action(run, "show", "show a run and its ledger lines")
    .argument("<run_id>", "the run's id", id)
    .action((run_id: string, options: CommonOptions) => perform(options, (operator) => reportRun(operator, run_id)));
}
