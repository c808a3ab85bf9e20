import type { Command } from "commander";
import type { Operator, Report } from "./operator.ts";

export interface CommonOptions {
  readonly json?: true;
}

/** Runs an operation on the stores that the environment names, and prints its report. */
export type Perform = (options: CommonOptions, operation: (operator: Operator) => Promise<Report>) => Promise<void>;

/** A command that does something; all of them can answer in JSON. */
export function action(parent: Command, signature: string, description: string): Command {
  return parent.command(signature).description(description).option("--json", "answer with one JSON object");
}
