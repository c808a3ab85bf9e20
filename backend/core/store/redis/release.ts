import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import { tenantKeys } from "./keys.ts";
import lua from "./release.lua";

const script: RedisScript = { name: "release", lua };

/** Undoes an admit that Postgres did not confirm. */
export async function release(
  redis: Redis,
  request: { readonly tenant_id: string; readonly idempotency_sha256: string; readonly run_id: string },
): Promise<void> {
  const keys = tenantKeys(request.tenant_id);
  const raw = await redis.run(
    script,
    [keys.open, keys.budget, keys.hint(request.idempotency_sha256)],
    [request.run_id],
  );
  z.string().parse(raw);
}
