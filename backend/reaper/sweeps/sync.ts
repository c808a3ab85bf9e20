import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Redis } from "#core/ports/redis.ts";
import { auditTenants } from "#core/store/audit/audit-tenant.ts";
import { type MovedTenant, tenantsAtWork, tenantsMoved } from "#core/store/tenants/tenants-to-sync.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { TenantTurns, walk } from "../turns.ts";

/** What its statements find at most. */
const PAGE = 100;

/** Each sweep also syncs this many of the resting tenants, in turn. */
const TURN_SIZE = 100;

export interface SyncSweepDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface SyncSettings {
  readonly moved_within_seconds: number;
  readonly grace_seconds: number;
}

/** Where the ways through the tenants stand, from one round to the next, and which of them are left out for a while. */
interface SyncTurn {
  readonly moved: { after: MovedTenant | undefined };
  readonly at_work: { after: string | undefined };
  readonly all: { after: string | undefined };
  readonly tenants: TenantTurns;
}

export const newSyncTurn = (): SyncTurn => ({
  moved: { after: undefined },
  at_work: { after: undefined },
  all: { after: undefined },
  tenants: new TenantTurns(),
});

/** Replaces the mirror of every tenant with traffic, and of all others in turn. */
export async function sweepSync(
  deps: SyncSweepDeps,
  settings: SyncSettings,
  turn: SyncTurn,
  stop: AbortSignal,
): Promise<void> {
  const round = turn.tenants.begin();
  const seen = new Set<string>();
  for await (const tenant_id of tenantsToSync(deps.db, settings, turn)) {
    if (stop.aborted) return;
    if (seen.has(tenant_id)) continue;
    seen.add(tenant_id);
    await round.step(
      tenant_id,
      () => syncOne(deps, tenant_id, settings.grace_seconds),
      (error) => {
        deps.metrics.count("mirror_unwritable");
        deps.log.error("a tenant could not be synced", { tenant_id, error });
      },
    );
  }
  round.end();
}

async function* tenantsToSync(db: Db, settings: SyncSettings, turn: SyncTurn): AsyncGenerator<string> {
  const { moved_within_seconds } = settings;
  for await (const { tenant_id } of walk(turn.moved, (after) => tenantsMoved(db, moved_within_seconds, after), PAGE)) {
    yield tenant_id;
  }
  yield* walk(turn.at_work, (after) => tenantsAtWork(db, after), PAGE);
  const in_turn = await auditTenants(db, turn.all.after, TURN_SIZE);
  for (const tenant_id of in_turn) {
    turn.all.after = tenant_id;
    yield tenant_id;
  }
  if (in_turn.length < TURN_SIZE) turn.all.after = undefined;
}

async function syncOne(deps: SyncSweepDeps, tenant_id: string, grace_seconds: number): Promise<void> {
  const synced = await syncTenant(deps, { tenant_id }, grace_seconds);
  if (synced.kind !== "done" || synced.outcome.kind !== "synced" || synced.outcome.drift_micros === 0) return;
  deps.metrics.count("mirror_drift");
  deps.log.info("mirror replaced", { tenant_id, ...synced.outcome });
}
