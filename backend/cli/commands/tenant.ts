import type { Command } from "commander";
import { displayName, planName } from "../arguments.ts";
import { createTenantNamed } from "../operations/create-tenant.ts";
import { reportTenants } from "../operations/list-tenants.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

export function addTenant(program: Command, perform: Perform): void {
  const tenant = program.command("tenant").description("accounts");
  action(tenant, "create", "create a tenant with an empty balance")
    .requiredOption("--name <name>", "a name for people", displayName)
    .option("--plan <plan>", "the tenant's plan", planName)
    .action((options: CommonOptions & { name: string; plan?: string }) =>
      perform(options, (operator) => createTenantNamed(operator, { name: options.name, plan_id: options.plan })),
    );
  action(tenant, "list", "list the tenants").action((options: CommonOptions) => perform(options, reportTenants));
}
