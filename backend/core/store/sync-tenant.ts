import type { Db } from "../ports/db.ts";
import type { Redis } from "../ports/redis.ts";
import { admissionSnapshot, type TenantSnapshot, tenantSnapshot } from "./tenants/tenant-snapshot.ts";
import { readClock } from "./redis/read-clock.ts";
import { readReservations } from "./redis/read-reservations.ts";
import { type SyncOutcome, sync } from "./redis/sync.ts";
import { endedRuns } from "./runs/ended-runs.ts";

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
 * The tenant is named by its id, or by one of its API keys, which also loads a mirror that is not there. By its id, the
 * reservations of closed runs are dropped too: the process that closed one may have settled it at another region's shield.
 */
export async function syncTenant(
  stores: { readonly db: Db; readonly redis: Redis },
  who: { readonly tenant_id: string } | { readonly key_sha256: string },
  grace_seconds: number,
): Promise<TenantSync> {
  const { db, redis } = stores;
  const { clock_read, ended } = await readBefore(stores, who);
  const snapshot: TenantSnapshot | undefined =
    "tenant_id" in who ? await tenantSnapshot(db, who.tenant_id) : await admissionSnapshot(db, who.key_sha256);
  if (snapshot === undefined) return { kind: "unknown" };
  const outcome = await sync(redis, snapshot, { clock_read, ended, grace_seconds });
  const key = "key_sha256" in who ? snapshot.keys.find(({ sha256 }) => sha256 === who.key_sha256) : undefined;
  return { kind: "done", tenant_id: snapshot.tenant_id, key_id: key?.key_id, outcome };
}

/** The clock, and runs that are over: asked for before the snapshot, so that it contains what each was charged. */
async function readBefore(
  { db, redis }: { readonly db: Db; readonly redis: Redis },
  who: { readonly tenant_id: string } | { readonly key_sha256: string },
): Promise<{ readonly clock_read: string; readonly ended: readonly string[] }> {
  if (!("tenant_id" in who)) return { clock_read: await readClock(redis), ended: [] };
  const { clock_read, run_ids } = await readReservations(redis, who.tenant_id);
  return { clock_read, ended: await endedRuns(db, who.tenant_id, run_ids) };
}
