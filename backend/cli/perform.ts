import { Option, type Command, type CommandOptions } from "commander";
import { reason } from "./arguments.ts";
import type { Environment } from "./config.ts";
import type { Report, StoresOperator } from "./operator.ts";

export interface CommonOptions {
  readonly json?: true;
  /** Of a command that changes something. */
  readonly reason?: string;
  readonly dryRun?: true;
}

/** Runs an operation on the stores that the environment names, and prints its report. */
export type Perform = (
  options: CommonOptions,
  operation: (operator: StoresOperator) => Promise<Report>,
) => Promise<void>;

/** Writes a report to the screen. */
export type Print = (options: CommonOptions, report: Report) => void;

export interface UiOptions extends CommonOptions {
  readonly port?: number;
  readonly metrics?: readonly string[];
}

/** What the commands work with: the stores, the screen and the environment. */
export interface Shell {
  readonly perform: Perform;
  readonly print: Print;
  readonly env: Environment;
  /** Checks every store that the environment names. */
  readonly doctor: () => Promise<Report>;
  /** Serves the operators' console until the process is told to stop. */
  readonly ui: (options: UiOptions) => Promise<void>;
}

/** A command that does something; all of them can answer in JSON. */
export function action(parent: Command, signature: string, description: string, options: CommandOptions = {}): Command {
  return parent.command(signature, options).description(description).option("--json", "answer with one JSON object");
}

export interface ChangeOptions {
  /** Its `--note` is the reason; required: it interrupts a customer, or cannot be undone. */
  readonly reason?: "required" | "note";
  /** It changes Postgres alone, so that it can be done and rolled back. */
  readonly dry_run?: true;
}

const changes = new WeakSet<Command>();

/** A command that changes something: who ran it, when and why is recorded. */
export function change(parent: Command, signature: string, description: string, options: ChangeOptions = {}): Command {
  const command = action(parent, signature, description);
  changes.add(command);
  if (options.reason !== "note") {
    const why = new Option("--reason <text>", "why; kept with who ran it and when").argParser(reason);
    command.addOption(why.makeOptionMandatory(options.reason === "required"));
  }
  if (options.dry_run === true) command.option("--dry-run", "tell what it would answer, and change nothing");
  return command;
}

export const isChange = (command: Command): boolean => changes.has(command);
