import { uuid } from "#core/domain/ids.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Redis } from "#core/ports/redis.ts";
import { tenantOfKey } from "#core/store/redis/keys.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { LocalRate } from "./local-rate.ts";
import type { Recent } from "./recent.ts";

/** What `key:<sha256>` says of a key that Postgres does not know. A key made later cannot have been tried before. */
const UNKNOWN = "unknown";
const UNKNOWN_MS = 60_000;

export interface ShieldDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly grace_seconds: number;
  /** Tenant by key hash: a key never changes its tenant, so this never grows stale. */
  readonly tenants: Recent<string>;
  /** Requests with keys that turned out to be nobody's, by client address. */
  readonly strangers: LocalRate;
  /** Requests by key hash, while the shield does not answer. */
  readonly bypass: { readonly submit: LocalRate; readonly read: LocalRate };
}

export interface Caller {
  readonly key_sha256: string;
  readonly address: string;
}

interface Reply {
  readonly kind: string;
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
  /** Redis did not answer, or cannot be loaded: Postgres alone decides. */
  | { readonly kind: "bypassed"; readonly tenant_id: string | undefined };

/**
 * S1: asks Redis one question about the caller's tenant; loads what is not mirrored and asks again. One round trip in
 * an isolate that knows the key, one more in one that does not.
 */
export async function askShield<R extends Reply>(
  deps: ShieldDeps,
  caller: Caller,
  question: { readonly class: "submit" | "read"; ask(tenant_id: string): Promise<R> },
): Promise<Shielded<R>> {
  let tenant_id = deps.tenants.get(caller.key_sha256);
  if (tenant_id === undefined) {
    const stranger = deps.strangers.look(caller.address);
    if (!stranger.allowed) return { kind: "limited", retry_after_ms: stranger.retry_after_ms };
  }
  try {
    tenant_id ??= await lookUp(deps, caller);
    if (tenant_id === undefined) return stranger(deps, caller);
    let reply = await question.ask(tenant_id);
    if (reply.kind === "NOT_LOADED") {
      if ((await load(deps, caller)) === undefined) return stranger(deps, caller);
      reply = await question.ask(tenant_id);
    }
    if (reply.kind === "UNAUTHORIZED") return { kind: "unauthorized" };
    if (isDecided(reply)) return { kind: "answered", tenant_id, reply };
    deps.log.warn("the mirror stays unloaded", { tenant_id });
  } catch (error) {
    deps.log.warn("redis is bypassed", { error });
  }
  return goRound(deps, caller, question.class, tenant_id);
}

/** The caller's key is nobody's: counted against its address. */
export function stranger(deps: Pick<ShieldDeps, "strangers">, caller: Caller): { readonly kind: "unauthorized" } {
  deps.strangers.take(caller.address);
  return { kind: "unauthorized" };
}

const isDecided = <R extends Reply>(reply: R): reply is Exclude<R, { readonly kind: "NOT_LOADED" | "UNAUTHORIZED" }> =>
  reply.kind !== "NOT_LOADED";

function goRound(
  deps: ShieldDeps,
  caller: Caller,
  kind: "submit" | "read",
  tenant_id: string | undefined,
): Shielded<never> {
  deps.metrics.count("redis_bypassed", { class: kind });
  const verdict = deps.bypass[kind].take(caller.key_sha256);
  if (!verdict.allowed) return { kind: "limited", retry_after_ms: verdict.retry_after_ms };
  return { kind: "bypassed", tenant_id };
}

async function lookUp(deps: ShieldDeps, caller: Caller): Promise<string | undefined> {
  const found = await deps.redis.get(tenantOfKey(caller.key_sha256));
  if (found === UNKNOWN) return undefined;
  const tenant_id = uuid.safeParse(found).data;
  if (tenant_id === undefined) return load(deps, caller);
  deps.tenants.set(caller.key_sha256, tenant_id);
  return tenant_id;
}

async function load(deps: ShieldDeps, caller: Caller): Promise<string | undefined> {
  const { key_sha256 } = caller;
  const loaded = await syncTenant(deps, { key_sha256 }, deps.grace_seconds);
  if (loaded.kind === "unknown") {
    await deps.redis.set(tenantOfKey(key_sha256), UNKNOWN, UNKNOWN_MS);
    return undefined;
  }
  await deps.redis.set(tenantOfKey(key_sha256), loaded.tenant_id);
  deps.tenants.set(key_sha256, loaded.tenant_id);
  return loaded.tenant_id;
}
