import type { Command } from "commander";
import type { OperatorSwitch } from "#core/store/switch/read-switch.ts";
import { switchPosition } from "../arguments.ts";
import { MEANING, showSwitch, turnSwitch } from "../operations/operator-switch.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";
import { fields } from "../text.ts";

export function addSwitch(program: Command, perform: Perform): void {
  const group = program.command("switch").description("stop and start new runs");
  change(group, "set", "set the switch, for all tenants", { reason: "required" })
    .argument("<mode>", "normal, read-only or halt", switchPosition)
    .addHelpText("after", `\nModes:\n${fields(Object.entries(MEANING)).replaceAll(/^/gm, "  ")}`)
    .action((mode: OperatorSwitch["mode"], options: CommonOptions) =>
      perform(options, (operator) => turnSwitch(operator, mode)),
    );
  action(group, "show", "show its state").action((options: CommonOptions) => perform(options, showSwitch));
}
