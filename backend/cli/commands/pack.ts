import type { Command } from "commander";
import { packType, percent } from "../arguments.ts";
import { reportPacks, rollOutPack } from "../operations/pack-rollouts.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

export function addPack(program: Command, perform: Perform): void {
  const pack = program.command("pack").description("packs, and the part of the tenants that may use each");
  change(pack, "set", "let a part of the tenants use a pack that their plans have; 0 switches it off for new runs", {
    reason: "required",
  })
    .argument("<pack>", "the pack's type", packType)
    .requiredOption("--percent <percent>", "from 0 to 100; a higher one takes the pack from nobody", percent)
    .action((type: string, options: CommonOptions & { percent: number }) =>
      perform(options, (operator) => rollOutPack(operator, type, options.percent)),
    );
  action(pack, "list", "list the packs").action((options: CommonOptions) => perform(options, reportPacks));
}
