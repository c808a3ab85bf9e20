import type { Command } from "commander";
import type { TenantStatus } from "#core/store/tenants/set-tenant-status.ts";
import { displayName, id, planName } from "../arguments.ts";
import { createTenantNamed } from "../operations/create-tenant.ts";
import { reportTenants } from "../operations/list-tenants.ts";
import { putTenant } from "../operations/put-tenant.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

export function addTenant(program: Command, perform: Perform): void {
  const tenant = program.command("tenant").description("accounts");
  change(tenant, "create", "create a tenant with an empty balance")
    .requiredOption("--name <name>", "a name for people", displayName)
    .option("--plan <plan>", "the tenant's plan", planName)
    .action((options: CommonOptions & { name: string; plan?: string }) =>
      perform(options, (operator) => createTenantNamed(operator, { name: options.name, plan_id: options.plan })),
    );
  action(tenant, "list", "list the tenants").action((options: CommonOptions) => perform(options, reportTenants));
  addStatus(
    tenant,
    perform,
    "suspend",
    "suspended",
    "refuse all keys of a tenant; its open runs go on and are charged",
  );
  addStatus(tenant, perform, "resume", "active", "take the keys of a suspended tenant again");
  addStatus(tenant, perform, "close", "closed", "close a suspended tenant without credit, for good");
}

function addStatus(tenant: Command, perform: Perform, verb: string, status: TenantStatus, description: string): void {
  change(tenant, verb, description, { reason: "required", dry_run: true })
    .argument("<tenant>", "the tenant's id", id)
    .action((tenant_id: string, options: CommonOptions) =>
      perform(options, (operator) => putTenant(operator, tenant_id, status)),
    );
}
