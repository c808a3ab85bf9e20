import { z } from "zod";
import type { RateState, Scope } from "../../domain/plan.ts";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import lua from "./authorize.lua";
import gcra from "./gcra.lua";
import { tenantKeys } from "./keys.ts";
import { rateNumbers, rateState } from "./reply.ts";

const script: RedisScript = { name: "authorize", lua: `${gcra}\n${lua}` };

export type Authorization =
  | { readonly kind: "NOT_LOADED" | "UNAUTHORIZED" }
  | { readonly kind: "ALLOWED" | "RATE_LIMITED" | "SCOPE_MISSING"; readonly rate: RateState };

const reply = z.union([
  z.tuple([z.enum(["NOT_LOADED", "UNAUTHORIZED"])]).transform(([kind]): Authorization => ({ kind })),
  z
    .tuple([z.enum(["ALLOWED", "RATE_LIMITED", "SCOPE_MISSING"]), ...rateNumbers])
    .transform(([kind, ...numbers]): Authorization => ({ kind, rate: rateState(numbers) })),
]);

/** The key, rate and scope check of a read, one round trip. */
export async function authorize(
  redis: Redis,
  request: { readonly tenant_id: string; readonly key_sha256: string; readonly scope: Scope },
): Promise<Authorization> {
  const keys = tenantKeys(request.tenant_id);
  const raw = await redis.run(
    script,
    [keys.key(request.key_sha256), keys.plan, keys.keyRates("read"), keys.tenantRate("read")],
    [request.scope],
  );
  return reply.parse(raw);
}
