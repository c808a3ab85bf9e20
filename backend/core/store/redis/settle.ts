import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import { tenantKeys } from "./keys.ts";
import lua from "./settle.lua";

const script: RedisScript = { name: "settle", lua };

/** W6, C2: settles a closed run in the mirror. Losing it costs nothing: the next sync does the same. */
export async function settle(
  redis: Redis,
  closed: { readonly tenant_id: string; readonly run_id: string; readonly charged: Micros },
): Promise<void> {
  const keys = tenantKeys(closed.tenant_id);
  z.string().parse(await redis.run(script, [keys.open, keys.budget], [closed.run_id, String(closed.charged)]));
}
