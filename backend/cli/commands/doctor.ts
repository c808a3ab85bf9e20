import type { Command } from "commander";
import type { Report } from "../operator.ts";
import { action, type CommonOptions, type Shell } from "../perform.ts";

export function addDoctor(program: Command, { doctor, print }: Shell): void {
  action(
    program,
    "doctor",
    "check every store that the environment names, with its credentials; exit 1 if a check fails",
  )
    .addHelpText(
      "after",
      "\nRun it with the environment of the process that you check: worker or reaper (role dpp_backend), or the owner's.\n" +
        "It writes one small object to the bucket (results/probe/receipt) and keys of a minute to Redis.",
    )
    .action(async (options: CommonOptions) => {
      const report: Report = await doctor();
      print(options, report);
    });
}
