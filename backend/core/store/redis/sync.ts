import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import type { TenantSnapshot } from "../tenants/tenant-snapshot.ts";
import keysLua from "./keys.lua";
import { MIRROR_MS, tenantKeys } from "./keys.ts";
import lua from "./sync.lua";

const script: RedisScript = { name: "sync", lua: `${keysLua}\n${lua}` };

const reply = z.union([
  z.tuple([z.literal("STALE")]).transform(() => ({ kind: "stale" as const })),
  z
    .tuple([z.literal("SYNCED"), z.string().transform(Number), z.string().transform(Number)])
    .transform(([, drift_micros, kept]) => ({ kind: "synced" as const, drift_micros, kept })),
]);
export type SyncOutcome = z.infer<typeof reply>;

/** Replaces a tenant's mirror by a snapshot taken after `clock_read` (Redis time, Unix micros), and after the `ended` runs were over. */
export async function sync(
  redis: Redis,
  snapshot: TenantSnapshot,
  options: { readonly clock_read: string; readonly grace_seconds: number; readonly ended?: readonly string[] },
): Promise<SyncOutcome> {
  const keys = tenantKeys(snapshot.tenant_id);
  const raw = await redis.run(
    script,
    [keys.open, keys.budget, keys.plan, ...snapshot.keys.map((key) => keys.key(key.sha256))],
    [
      options.clock_read,
      String(options.grace_seconds * 1_000_000),
      String(snapshot.available_micros),
      JSON.stringify(snapshot.open_runs),
      JSON.stringify(snapshot.plan),
      JSON.stringify(snapshot.keys),
      String(MIRROR_MS),
      JSON.stringify(options.ended ?? []),
    ],
  );
  return reply.parse(raw);
}
