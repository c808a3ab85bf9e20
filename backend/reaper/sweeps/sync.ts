import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Redis } from "#core/ports/redis.ts";
import { tenantsToSync } from "#core/store/postgres/tenants-to-sync.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";

/** Each sweep also syncs this many of the resting tenants, in turn. */
const TURN_SIZE = 100;

export interface SyncSweepDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Where the turn through all tenants stands, from one sweep to the next. */
export interface SyncTurn {
  turn_after: string | undefined;
}

/** Replaces the mirror of every tenant with traffic, and of all others in turn. */
export async function sweepSync(
  deps: SyncSweepDeps,
  settings: { readonly moved_within_seconds: number; readonly grace_seconds: number },
  turn: SyncTurn,
  stop: AbortSignal,
): Promise<void> {
  const { tenant_ids, turn_after } = await tenantsToSync(deps.db, {
    moved_within_seconds: settings.moved_within_seconds,
    turn_size: TURN_SIZE,
    turn_after: turn.turn_after,
  });
  for (const tenant_id of tenant_ids) {
    if (stop.aborted) return;
    try {
      await syncOne(deps, tenant_id, settings.grace_seconds);
    } catch (error) {
      // A store that is out is out for all; one tenant whose mirror cannot be written must not shield the others.
      if (error instanceof Outage) throw error;
      deps.metrics.count("mirror_unwritable");
      deps.log.error("a tenant could not be synced", { tenant_id, error });
    }
  }
  turn.turn_after = turn_after;
}

async function syncOne(deps: SyncSweepDeps, tenant_id: string, grace_seconds: number): Promise<void> {
  const synced = await syncTenant(deps, { tenant_id }, grace_seconds);
  if (synced.kind !== "done" || synced.outcome.kind !== "synced" || synced.outcome.drift_micros === 0) return;
  deps.metrics.count("mirror_drift");
  deps.log.info("mirror replaced", { tenant_id, ...synced.outcome });
}
