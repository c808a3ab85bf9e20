import type { Sleeper } from "#core/ports/clock.ts";
import { type ClaimedSweepDeps, sweepClaims } from "./sweeps/claimed.ts";
import { sweepLeases } from "./sweeps/lease.ts";
import { sweepSignals } from "./sweeps/signal.ts";
import { type SyncTurn, sweepSync } from "./sweeps/sync.ts";

export interface ReaperDeps extends ClaimedSweepDeps {
  readonly sleeper: Sleeper;
}

export interface ReaperSettings {
  readonly max_attempts: number;
  readonly claimed_seconds: number;
  readonly signal_seconds: number;
  readonly sweep_seconds: number;
  readonly grace_seconds: number;
}

type Sweep = (deps: ReaperDeps, settings: ReaperSettings, stop: AbortSignal) => Promise<void>;

function sweeps(): Readonly<Record<string, Sweep>> {
  const turn: SyncTurn = { turn_after: undefined };
  return {
    lease: (deps, settings, stop) => sweepLeases(deps, settings.max_attempts, stop),
    claimed: sweepClaims,
    signal: (deps, settings, stop) => sweepSignals(deps, settings.signal_seconds, stop),
    sync: (deps, { grace_seconds, sweep_seconds }, stop) => {
      // A tenant that rests is synced until its last reservation has outlived the grace.
      const moved_within_seconds = grace_seconds + 2 * sweep_seconds;
      return sweepSync(deps, { moved_within_seconds, grace_seconds }, turn, stop);
    },
  };
}

/**
 * Each sweep goes round on its own: sweeps, rests, and sweeps again until `stop`, so that a slow store keeps no other
 * sweep from its turn. Any number of replicas may do so.
 */
export async function reaperLoop(deps: ReaperDeps, settings: ReaperSettings, stop: AbortSignal): Promise<void> {
  const round = async ([name, sweep]: [string, Sweep]) => {
    while (!stop.aborted) {
      await sweep(deps, settings, stop).catch((error: unknown) => {
        deps.metrics.count("sweep_failed", { sweep: name });
        deps.log.error("sweep failed", { sweep: name, error });
      });
      await deps.sleeper.sleep(settings.sweep_seconds * 1000, stop);
    }
  };
  await Promise.all(Object.entries(sweeps()).map(round));
}
