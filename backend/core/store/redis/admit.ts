import { z } from "zod";
import { type Micros, microsFromText } from "../../domain/money.ts";
import type { RateState } from "../../domain/plan.ts";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import lua from "./admit.lua";
import gcra from "./gcra.lua";
import { MIRROR_MS, tenantKeys } from "./keys.ts";
import { rateNumbers, rateState } from "./reply.ts";

const HINT_SECONDS = 86_400;
const script: RedisScript = { name: "admit", lua: `${gcra}\n${lua}` };

export interface AdmitRequest {
  readonly tenant_id: string;
  readonly key_sha256: string;
  readonly idempotency_sha256: string;
  readonly run_id: string;
  readonly payload_sha256: string;
  readonly reserve: Micros;
  /** The lowest cost of a success: the reservation must cover it. */
  readonly price: Micros;
  readonly pack_type: string;
}

const plain = z.enum([
  "RESERVED",
  "RATE_LIMITED",
  "SCOPE_MISSING",
  "CONFLICT",
  "PACK_NOT_IN_PLAN",
  "COST_BELOW_PRICE",
  "TOO_MANY_OPEN",
]);

export type Admission =
  | { readonly kind: "NOT_LOADED" | "UNAUTHORIZED" }
  | { readonly kind: z.infer<typeof plain>; readonly rate: RateState }
  | { readonly kind: "REPLAY"; readonly rate: RateState; readonly run_id: string }
  | { readonly kind: "COST_OVER_PLAN_LIMIT"; readonly rate: RateState; readonly limit: Micros }
  | { readonly kind: "NO_BUDGET"; readonly rate: RateState; readonly available: Micros };

const amount = z.string().transform(microsFromText);
const reply = z.union([
  z.tuple([z.enum(["NOT_LOADED", "UNAUTHORIZED"])]).transform(([kind]): Admission => ({ kind })),
  z.tuple([plain, ...rateNumbers]).transform(([kind, ...numbers]): Admission => ({ kind, rate: rateState(numbers) })),
  z
    .tuple([z.literal("REPLAY"), ...rateNumbers, z.guid()])
    .transform(([kind, a, b, c, d, e, run_id]): Admission => ({ kind, rate: rateState([a, b, c, d, e]), run_id })),
  z
    .tuple([z.literal("COST_OVER_PLAN_LIMIT"), ...rateNumbers, amount])
    .transform(([kind, a, b, c, d, e, limit]): Admission => ({ kind, rate: rateState([a, b, c, d, e]), limit })),
  z
    .tuple([z.literal("NO_BUDGET"), ...rateNumbers, amount])
    .transform(([kind, a, b, c, d, e, available]): Admission => ({
      kind,
      rate: rateState([a, b, c, d, e]),
      available,
    })),
]);

/** S1, one round trip. The reply is advisory: Postgres decides. */
export async function admit(redis: Redis, request: AdmitRequest): Promise<Admission> {
  const keys = tenantKeys(request.tenant_id);
  const raw = await redis.run(
    script,
    [
      keys.key(request.key_sha256),
      keys.plan,
      keys.budget,
      keys.open,
      keys.hint(request.idempotency_sha256),
      keys.keyRates("submit"),
      keys.tenantRate("submit"),
    ],
    [
      request.run_id,
      request.payload_sha256,
      String(request.reserve),
      request.pack_type,
      String(HINT_SECONDS),
      String(MIRROR_MS),
      String(request.price),
    ],
  );
  return reply.parse(raw);
}
