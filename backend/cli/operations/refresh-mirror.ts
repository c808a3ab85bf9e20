import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import type { Redis } from "#core/ports/redis.ts";
import { syncKey } from "#core/store/sync-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { Operator } from "../operator.ts";

/**
 * Syncs the mirror of these tenants after a change in Postgres, which holds at once. Never fails: what is done is
 * done, and a key that was made must still be shown.
 */
export function refreshMirror(operator: Operator, tenant_ids: readonly string[]): Promise<void> {
  return refresh(operator, async (stores) => {
    for (const tenant_id of tenant_ids) await syncTenant(stores, { tenant_id }, operator.sync_grace_seconds);
  });
}

/** The same of one key that ends, now or sooner. */
export const refreshKey = (operator: Operator, key_id: string): Promise<void> =>
  refresh(operator, (stores) => syncKey(stores, { key_id }));

async function refresh(
  operator: Operator,
  work: (stores: { readonly db: Db; readonly redis: Redis }) => Promise<void>,
): Promise<void> {
  const { db, redis } = operator;
  if (redis === undefined) return;
  try {
    await work({ db, redis });
  } catch (error) {
    const why = error instanceof Outage ? `${error.store} cannot be reached` : "its mirror could not be written";
    operator.warn(`Redis was not updated (${why}): the next sync does it. The change holds in Postgres already.`);
  }
}
