import { Command, type OutputConfiguration } from "commander";
import { addBalance } from "./commands/balance.ts";
import { addGrant } from "./commands/grant.ts";
import { addKey } from "./commands/key.ts";
import { addPlan } from "./commands/plan.ts";
import { addRun } from "./commands/run.ts";
import { addSwitch } from "./commands/switch.ts";
import { addTenant } from "./commands/tenant.ts";
import { complaint } from "./complaint.ts";
import type { Perform } from "./perform.ts";

/** Every command of the operators' CLI; `perform` runs what one asks for and prints the answer. */
export function createProgram(perform: Perform, output: OutputConfiguration = {}): Command {
  const program = new Command("dpp")
    .description("Operate Decisionproof: tenants, plans, API keys, credit, runs and the switch.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(complaint(text)), ...output })
    .addHelpText(
      "after",
      "\nFor a pipe write `npm run -s dpp -- ... --json`: without -s npm prints a banner before the answer.\n" +
        "Environment: DATABASE_URL (the owner's), REDIS_URL (optional), DPP_SYNC_GRACE_SECONDS.\n" +
        "Without DATABASE_URL the development stack of .dev/stack.json is used (DPP_DEV_DIR: another place than .dev).\n" +
        "Exit codes: 0 done, 1 not found, refused or failed, 2 bad arguments.",
    );
  for (const add of [addTenant, addPlan, addKey, addGrant, addBalance, addRun, addSwitch]) add(program, perform);
  return program;
}
