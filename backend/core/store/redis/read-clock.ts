import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import { tenantKeys } from "./keys.ts";
import lua from "./read-clock.lua";

const script: RedisScript = { name: "read-clock", lua };

/**
 * The Redis clock in Unix micros, as decimal text; of the node that holds this tenant, where one is named. Also says whether
 * Redis lives and runs scripts.
 */
export async function readClock(redis: Redis, tenant_id?: string): Promise<string> {
  return z
    .string()
    .regex(/^\d{16}$/)
    .parse(await redis.run(script, tenant_id === undefined ? [] : [tenantKeys(tenant_id).budget], []));
}
