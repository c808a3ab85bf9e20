import { Outage } from "#core/domain/outage.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { Operator } from "../operator.ts";

/**
 * After Postgres, which holds at once, tells the shield of what changed for these tenants. Never fails: what is done is
 * done, and a key that was made must still be shown.
 */
export async function refreshMirror(operator: Operator, tenant_ids: readonly string[]): Promise<void> {
  const { db, redis, sync_grace_seconds } = operator;
  if (redis === undefined) return;
  try {
    for (const tenant_id of tenant_ids) await syncTenant({ db, redis }, { tenant_id }, sync_grace_seconds);
  } catch (error) {
    const why = error instanceof Outage ? `${error.store} cannot be reached` : "its mirror could not be written";
    operator.warn(
      `Redis was not told (${why}): its shield learns of this at the next sync. Postgres holds it already.`,
    );
  }
}
