import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportDeadLetters } from "../operations/list-dead-letters.ts";
import { redriveDeadLetters } from "../operations/redrive-dead-letters.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

export function addDeadLetters(program: Command, perform: Perform): void {
  const dlq = program.command("dlq").description("the dead-letter queue of signals; runs are decided without it");
  action(dlq, "list", "list the messages, each with its run").action((options: CommonOptions) =>
    perform(options, reportDeadLetters),
  );
  change(dlq, "redrive", "send the signals of one run, or all, again; other messages stay")
    .argument("[run_id]", "the run's id", id)
    .option("--all", "the signals of all runs")
    .action(async (run_id: string | undefined, options: CommonOptions & { all?: true }, command: Command) => {
      if ((run_id === undefined) === (options.all === undefined))
        command.error("error: either <run_id> or --all must be given");
      await perform(options, (operator) => redriveDeadLetters(operator, run_id));
    });
}
