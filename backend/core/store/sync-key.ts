import type { Db } from "../ports/db.ts";
import type { Redis } from "../ports/redis.ts";
import { keySnapshot, ownKeySnapshot } from "./tenants/tenant-snapshot.ts";
import { syncKeys } from "./redis/sync-keys.ts";

/**
 * Syncs one changed key to the mirror, at a cost that does not depend on how many keys there are. With the hash of the
 * calling key, as the edge may; else as the owner of the database.
 */
export async function syncKey(
  { db, redis }: { readonly db: Db; readonly redis: Redis },
  { key_id, key_sha256 }: { readonly key_id: string; readonly key_sha256?: string },
): Promise<void> {
  const snapshot = key_sha256 === undefined ? keySnapshot(db, key_id) : ownKeySnapshot(db, key_sha256, key_id);
  const found = await snapshot;
  if (found !== undefined) await syncKeys(redis, found);
}
