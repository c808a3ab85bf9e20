import type { Command, CommandOptions } from "commander";
import type { Environment } from "./config.ts";
import type { Report, StoresOperator } from "./operator.ts";

export interface CommonOptions {
  readonly json?: true;
}

/** Runs an operation on the stores that the environment names, and prints its report. */
export type Perform = (
  options: CommonOptions,
  operation: (operator: StoresOperator) => Promise<Report>,
) => Promise<void>;

/** Writes a report to the screen. */
export type Print = (options: CommonOptions, report: Report) => void;

/** What the commands work with: the stores, the screen and the environment. */
export interface Shell {
  readonly perform: Perform;
  readonly print: Print;
  readonly env: Environment;
  /** Checks every store that the environment names. */
  readonly doctor: () => Promise<Report>;
}

/** A command that does something; all of them can answer in JSON. */
export function action(parent: Command, signature: string, description: string, options: CommandOptions = {}): Command {
  return parent.command(signature, options).description(description).option("--json", "answer with one JSON object");
}
