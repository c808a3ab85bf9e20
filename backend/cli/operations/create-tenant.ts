import { newId } from "#core/domain/ids.ts";
import { createTenant } from "#core/store/tenants/create-tenant.ts";
import { type Operator, Refused, type Report } from "../operator.ts";

export async function createTenantNamed(
  operator: Operator,
  request: { readonly name: string; readonly plan_id: string | undefined },
): Promise<Report> {
  const tenant_id = newId(operator.clock.now(), operator.random.bytes(16));
  const made = await createTenant(operator.db, { tenant_id, ...request });
  if (!made) throw new Refused(`there is no plan ${request.plan_id}; no tenant was created`);
  const plan = request.plan_id ?? null;
  return {
    text: `tenant ${tenant_id}\nname   ${request.name}\nplan   ${plan ?? "none: it may submit nothing until it has one"}`,
    json: { tenant_id, name: request.name, plan },
  };
}
