import type { Db } from "../ports/db.ts";
import type { Redis } from "../ports/redis.ts";
import { admissionSnapshot, type TenantSnapshot, tenantSnapshot } from "./tenants/tenant-snapshot.ts";
import { readClock } from "./redis/read-clock.ts";
import { type SyncOutcome, sync } from "./redis/sync.ts";

export type TenantSync =
  | { readonly kind: "unknown" }
  /** `key_id` is that of the key by which the tenant was named. */
  | {
      readonly kind: "done";
      readonly tenant_id: string;
      readonly key_id: string | undefined;
      readonly outcome: SyncOutcome;
    };

/**
 * Replaces a tenant's mirror in Redis by what Postgres says: first the Redis clock, then one snapshot, then one script.
 * The tenant is named by its id, or by one of its API keys, which also loads a mirror that is not there.
 */
export async function syncTenant(
  stores: { readonly db: Db; readonly redis: Redis },
  who: { readonly tenant_id: string } | { readonly key_sha256: string },
  grace_seconds: number,
): Promise<TenantSync> {
  const clock_read = await readClock(stores.redis, "tenant_id" in who ? who.tenant_id : undefined);
  const snapshot: TenantSnapshot | undefined =
    "tenant_id" in who
      ? await tenantSnapshot(stores.db, who.tenant_id)
      : await admissionSnapshot(stores.db, who.key_sha256);
  if (snapshot === undefined) return { kind: "unknown" };
  const outcome = await sync(stores.redis, snapshot, { clock_read, grace_seconds });
  const key = "key_sha256" in who ? snapshot.keys.find(({ sha256 }) => sha256 === who.key_sha256) : undefined;
  return { kind: "done", tenant_id: snapshot.tenant_id, key_id: key?.key_id, outcome };
}
