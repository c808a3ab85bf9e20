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

/** How many of all tenants each sweep syncs as well, in turn. */
const ALL_PAGE = 100;

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

/** The last tenant of each list in the round before, and the tenants that are left out for a while. */
interface SyncCursors {
  readonly moved: { after: MovedTenant | undefined };
  readonly at_work: { after: string | undefined };
  readonly all: { after: string | undefined };
  readonly tenants: TenantTurns;
  readonly rounds_between: number;
  rounds: number;
}

/** `rounds_between`: only each so many-th round syncs resting tenants too, since every command may cost money. */
export const newSyncCursors = (rounds_between = 1): SyncCursors => ({
  rounds_between,
  rounds: 0,
  moved: { after: undefined },
  at_work: { after: undefined },
  all: { after: undefined },
  tenants: new TenantTurns(),
});

/** Replaces the mirror in Redis of every tenant with traffic, and of some of the others in turn, by a snapshot of Postgres. */
export async function sweepSync(
  deps: SyncSweepDeps,
  settings: SyncSettings,
  cursor: SyncCursors,
  stop: AbortSignal,
): Promise<void> {
  const round = cursor.tenants.begin();
  const seen = new Set<string>();
  for await (const tenant_id of tenantsToSync(deps.db, settings, cursor)) {
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

async function* tenantsToSync(db: Db, settings: SyncSettings, cursor: SyncCursors): AsyncGenerator<string> {
  const { moved_within_seconds } = settings;
  for await (const { tenant_id } of walk(
    cursor.moved,
    (after) => tenantsMoved(db, moved_within_seconds, after),
    PAGE,
  )) {
    yield tenant_id;
  }
  yield* walk(cursor.at_work, (after) => tenantsAtWork(db, after), PAGE);
  if (cursor.rounds++ % cursor.rounds_between !== 0) return;
  const in_turn = await auditTenants(db, cursor.all.after, ALL_PAGE);
  for (const tenant_id of in_turn) {
    cursor.all.after = tenant_id;
    yield tenant_id;
  }
  if (in_turn.length < ALL_PAGE) cursor.all.after = undefined;
}

async function syncOne(deps: SyncSweepDeps, tenant_id: string, grace_seconds: number): Promise<void> {
  const synced = await syncTenant(deps, { tenant_id }, grace_seconds);
  if (synced.kind !== "done" || synced.outcome.kind !== "synced" || synced.outcome.drift_micros === 0) return;
  deps.metrics.count("mirror_drift");
  deps.log.info("mirror replaced", { tenant_id, ...synced.outcome });
}
