import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import type { KeySnapshot } from "../tenants/tenant-snapshot.ts";
import keysLua from "./keys.lua";
import { MIRROR_MS, tenantKeys } from "./keys.ts";
import lua from "./sync-keys.lua";

const script: RedisScript = { name: "sync-keys", lua: `${keysLua}\n${lua}` };

/** Syncs one changed key to the mirror. */
export async function syncKeys(redis: Redis, { tenant_id, key }: KeySnapshot): Promise<void> {
  const at = tenantKeys(tenant_id).key(key.sha256);
  z.literal("OK").parse(await redis.run(script, [at], [JSON.stringify([key]), String(MIRROR_MS)]));
}
