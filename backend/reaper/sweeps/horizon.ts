import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { commitHorizon } from "#core/store/ledger/commit-horizon.ts";

/** Above every statement timeout of the product: what holds the horizon for longer is something else. */
const WARN_MS = 60_000;

export interface HorizonSweepDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The last horizon, since when it stands still, and whether a warning was logged. */
export interface HorizonSeen {
  horizon: string | undefined;
  since_ms: number;
  warned: boolean;
}

/**
 * Measures for how long the commit-order horizon has not moved: readers in commit order see new rows that much later.
 * It compares rounds, because this role may not read when transactions of other roles began.
 */
export async function sweepHorizon(deps: HorizonSweepDeps, seen: HorizonSeen): Promise<void> {
  const { horizon, next } = await commitHorizon(deps.db);
  const now_ms = deps.clock.now();
  if (horizon === next || horizon !== seen.horizon) {
    Object.assign(seen, { horizon, since_ms: now_ms, warned: false } satisfies HorizonSeen);
  }
  const age_ms = Math.max(0, now_ms - seen.since_ms);
  deps.metrics.gauge("commit_horizon_age_seconds", age_ms / 1_000);
  if (age_ms < WARN_MS || seen.warned) return;
  seen.warned = true;
  deps.log.warn("a transaction stays open on the database server: readers in commit order see nothing new", {
    horizon,
    age_seconds: age_ms / 1_000,
  });
}
