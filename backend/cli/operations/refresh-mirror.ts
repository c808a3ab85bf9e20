import { Outage } from "#core/domain/outage.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { Operator } from "../operator.ts";

/** After Postgres, which holds at once, tells the shield of what changed for these tenants. Never fails for Redis. */
export async function refreshMirror(operator: Operator, tenant_ids: readonly string[]): Promise<void> {
  const { db, redis, sync_grace_seconds } = operator;
  if (redis === undefined) return;
  try {
    for (const tenant_id of tenant_ids) await syncTenant({ db, redis }, { tenant_id }, sync_grace_seconds);
  } catch (error) {
    if (!(error instanceof Outage && error.store === "redis")) throw error;
    operator.warn("Redis cannot be reached: its shield learns of this at the next sync. Postgres holds it already.");
  }
}
