import { uuid } from "#core/domain/ids.ts";
import type { RateState } from "#core/domain/plan.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Redis } from "#core/ports/redis.ts";
import { MIRROR_MS, tenantOfKey } from "#core/store/redis/keys.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { IsolateRateLimiter } from "./isolate-rate-limiter.ts";
import { holdToOwnRate } from "./hold-to-own-rate.ts";
import type { LruCache } from "./lru-cache.ts";
import type { DeniedKeyCache } from "./denied-key-cache.ts";

/** What `key:<sha256>` says of a key that Postgres does not know. A key made later cannot have been tried before. */
const UNKNOWN = "unknown";
const UNKNOWN_MS = 60_000;

interface KeyOwner {
  readonly tenant_id: string;
  readonly key_id?: string | undefined;
}

export interface ShieldDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly grace_seconds: number;
  /** Whose a key is, by its hash: a key never changes its tenant or its id, so this never grows stale. */
  readonly tenants: LruCache<KeyOwner>;
  /** Requests with keys that nobody has yet been found to own, by client address. */
  readonly unauthenticated: IsolateRateLimiter;
  readonly denied_keys: DeniedKeyCache;
  /** Requests by key hash, while the shield does not answer; a key with a lower rate of its own is held to that. */
  readonly bypass: { readonly submit: IsolateRateLimiter; readonly read: IsolateRateLimiter };
}

export interface Caller {
  readonly key_sha256: string;
  readonly address: string;
}

interface Reply {
  readonly kind: string;
  readonly rate?: RateState;
}

export type Shielded<R extends Reply> =
  | {
      readonly kind: "answered";
      readonly tenant_id: string;
      readonly reply: Exclude<R, { readonly kind: "NOT_LOADED" | "UNAUTHORIZED" }>;
    }
  | { readonly kind: "unauthorized" }
  /** By a rate of this isolate's own. */
  | { readonly kind: "limited"; readonly retry_after_ms: number }
  /** Redis did not answer, or cannot be loaded: Postgres alone decides. Without a tenant, the key is unauthenticated. */
  | { readonly kind: "bypassed"; readonly tenant_id: string | undefined };

/**
 * S1: asks Redis one question about the caller's tenant; loads what is not mirrored and asks again. One round trip in
 * an isolate that knows the key, one more in one that does not, none for a key that was refused a moment ago.
 */
export async function askShield<R extends Reply>(
  deps: ShieldDeps,
  caller: Caller,
  question: { readonly class: "submit" | "read"; ask(tenant_id: string): Promise<R> },
): Promise<Shielded<R>> {
  if (deps.denied_keys.status(caller.key_sha256) === "denied") return { kind: "unauthorized" };
  let tenant_id = deps.tenants.get(caller.key_sha256)?.tenant_id;
  if (tenant_id === undefined) {
    // Counted before anything is asked: many at once would all pass a count that waits for the answers. The price is
    // that a good key, new to this isolate, has to wait behind an address from which very many others come.
    const verdict = deps.unauthenticated.take(caller.address);
    if (!verdict.allowed) return { kind: "limited", retry_after_ms: verdict.retry_after_ms };
  }
  try {
    if (tenant_id === undefined) {
      tenant_id = await lookUp(deps, caller);
      if (tenant_id === undefined) return refuse(deps, caller);
      deps.unauthenticated.restore(caller.address);
    }
    let reply = await question.ask(tenant_id);
    if (reply.kind === "NOT_LOADED") {
      if ((await load(deps, caller)) === undefined) return refuse(deps, caller);
      reply = await question.ask(tenant_id);
    }
    if (reply.kind === "UNAUTHORIZED") return refuse(deps, caller);
    if (reply.kind === "RATE_LIMITED" && reply.rate !== undefined) {
      deps.denied_keys.limited(caller.key_sha256, { policy: question.class, state: reply.rate });
    }
    if (isDecided(reply)) return { kind: "answered", tenant_id, reply };
    deps.log.warn("the mirror stays unloaded", { tenant_id });
  } catch (error) {
    deps.log.warn("redis is bypassed", { error });
  }
  return bypassShield(deps, caller, question.class, tenant_id);
}

/** Keeps what Postgres said of the caller's key, where the shield could not tell or was wrong. */
export function recordKeyVerdict(
  deps: Pick<ShieldDeps, "unauthenticated" | "denied_keys">,
  caller: Caller,
  { shielded, authorized }: { readonly shielded: Shielded<Reply>; readonly authorized: boolean },
): void {
  if (!authorized) deps.denied_keys.unauthorized(caller.key_sha256);
  else if (shielded.kind === "bypassed" && shielded.tenant_id === undefined)
    deps.unauthenticated.restore(caller.address);
}

function refuse(deps: Pick<ShieldDeps, "denied_keys">, caller: Caller): { readonly kind: "unauthorized" } {
  deps.denied_keys.unauthorized(caller.key_sha256);
  return { kind: "unauthorized" };
}

const isDecided = <R extends Reply>(reply: R): reply is Exclude<R, { readonly kind: "NOT_LOADED" | "UNAUTHORIZED" }> =>
  reply.kind !== "NOT_LOADED";

async function bypassShield(
  deps: ShieldDeps,
  caller: Caller,
  kind: "submit" | "read",
  tenant_id: string | undefined,
): Promise<Shielded<never>> {
  deps.metrics.count("redis_bypassed", { class: kind });
  const limiter = deps.bypass[kind];
  // A flood asks Postgres nothing.
  if (limiter.check(caller.key_sha256).allowed) await holdToOwnRate(deps, caller);
  const verdict = limiter.take(caller.key_sha256);
  if (verdict.allowed) return { kind: "bypassed", tenant_id };
  if (tenant_id === undefined) deps.unauthenticated.restore(caller.address);
  deps.denied_keys.rateLimited(caller.key_sha256, verdict.retry_after_ms);
  return { kind: "limited", retry_after_ms: verdict.retry_after_ms };
}

async function lookUp(deps: ShieldDeps, caller: Caller): Promise<string | undefined> {
  const found = await deps.redis.get(tenantOfKey(caller.key_sha256));
  if (found === UNKNOWN) return undefined;
  const [tenant_id, key_id] = (found ?? "").split("/").map((id) => uuid.safeParse(id).data);
  if (tenant_id === undefined) return load(deps, caller);
  deps.tenants.set(caller.key_sha256, { tenant_id, key_id });
  return tenant_id;
}

async function load(deps: ShieldDeps, caller: Caller): Promise<string | undefined> {
  const { key_sha256 } = caller;
  const loaded = await syncTenant(deps, { key_sha256 }, deps.grace_seconds);
  if (loaded.kind === "unknown") {
    await deps.redis.set(tenantOfKey(key_sha256), UNKNOWN, UNKNOWN_MS);
    return undefined;
  }
  const { tenant_id, key_id } = loaded;
  const owner = [tenant_id, key_id].filter((id) => id !== undefined).join("/");
  await deps.redis.set(tenantOfKey(key_sha256), owner, MIRROR_MS);
  deps.tenants.set(key_sha256, { tenant_id, key_id });
  return tenant_id;
}
