import { type Command, CommanderError } from "commander";

const OPTION = /^error: (?:option|required option) '(?:-\w, )?(--[\w-]+)/;
const ARGUMENT = /^error: (?:command-argument value .* is invalid for argument|missing required argument) '([^']+)'/s;
const UNKNOWN = /^error: unknown option '([^']+)'/;
const MOST = 20;

/** Thrown in place of the command's action. */
class Probed extends Error {}

/**
 * What is wrong with a command line, in commander's words: every fault, where commander stops at the first. Each pass
 * excuses the faults that are known. `build` gives a fresh program each time.
 */
export function argumentFaults(build: () => Command, given: readonly string[]): readonly string[] {
  const faults: string[] = [];
  const excused = new Set<string>();
  let args = given;
  while (faults.length < MOST) {
    const program = build();
    for (const command of commandsOf(program)) excuse(command, excused);
    program.hook("preAction", () => {
      throw new Probed();
    });
    try {
      program.parse(args, { from: "user" });
      return faults;
    } catch (error) {
      if (!(error instanceof CommanderError)) return faults;
      if (error.exitCode === 0) return faults;
      faults.push(error.message);
      const unknown = UNKNOWN.exec(error.message)?.[1];
      const name = OPTION.exec(error.message)?.[1] ?? ARGUMENT.exec(error.message)?.[1] ?? unknown;
      if (name === undefined || excused.has(name)) return faults;
      excused.add(name);
      args = unknown === undefined ? args : args.filter((arg) => arg !== unknown);
    }
  }
  return faults;
}

const commandsOf = (command: Command): Command[] => [command, ...command.commands.flatMap(commandsOf)];

/** Takes what was complained of as it is. */
function excuse(command: Command, names: ReadonlySet<string>): void {
  command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined, outputError: () => undefined });
  for (const option of command.options) {
    if (!names.has(option.long ?? "")) continue;
    option.mandatory = false;
    option.argParser((value) => value);
  }
  for (const argument of command.registeredArguments) {
    if (!names.has(argument.name())) continue;
    argument.required = false;
    argument.argParser((value) => value);
  }
  if (names.size > 0) command.allowExcessArguments();
}
