import type { Command } from "commander";
import { actionNumber, pageSize } from "../arguments.ts";
import { reportActions } from "../operations/list-actions.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface ListOptions extends CommonOptions {
  readonly limit: number;
  readonly before?: string;
}

export function addActions(program: Command, perform: Perform): void {
  const actions = program.command("actions").description("the record of what operators changed");
  action(actions, "list", "list who changed what, when and why, newest first", { isDefault: true })
    .option("--limit <count>", "how many at most, up to 100", pageSize, 20)
    .option("--before <number>", "only those before this one", actionNumber)
    .action(({ limit, before, ...options }: ListOptions) =>
      perform(options, (operator) => reportActions(operator, { limit, before })),
    );
}
