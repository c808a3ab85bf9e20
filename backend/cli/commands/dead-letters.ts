import type { Command } from "commander";
import { id } from "../arguments.ts";
import { reportDeadLetters } from "../operations/list-dead-letters.ts";
import { redriveDeadLetters } from "../operations/redrive-dead-letters.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addDeadLetters(program: Command, perform: Perform): void {
  const dlq = program.command("dlq").description("signals that the queue gave up on; a run is decided without them");
  action(dlq, "list", "show them, each with its run").action((options: CommonOptions) =>
    perform(options, reportDeadLetters),
  );
  action(dlq, "redrive", "send a run's signals again, or all; what is no signal stays")
    .argument("[run_id]", "the run's id", id)
    .option("--all", "those of every run")
    .action(async (run_id: string | undefined, options: CommonOptions & { all?: true }, command: Command) => {
      if ((run_id === undefined) === (options.all === undefined))
        command.error("error: either <run_id> or --all must be given");
      await perform(options, (operator) => redriveDeadLetters(operator, run_id));
    });
}
