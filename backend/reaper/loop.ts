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

/** All sweeps once. One that fails is logged and keeps no other from its turn. */
export async function sweepOnce(
  deps: ReaperDeps,
  settings: ReaperSettings,
  turn: SyncTurn,
  stop: AbortSignal,
): Promise<void> {
  const sweeps: Readonly<Record<string, () => Promise<void>>> = {
    lease: () => sweepLeases(deps, settings.max_attempts, stop),
    claimed: () => sweepClaims(deps, settings, stop),
    signal: () => sweepSignals(deps, settings.signal_seconds, stop),
    sync: () =>
      sweepSync(
        deps,
        // A tenant that rests is synced until its last reservation has outlived the grace.
        {
          moved_within_seconds: settings.grace_seconds + 2 * settings.sweep_seconds,
          grace_seconds: settings.grace_seconds,
        },
        turn,
        stop,
      ),
  };
  for (const [sweep, run] of Object.entries(sweeps)) {
    if (stop.aborted) return;
    await run().catch((error: unknown) => {
      deps.metrics.count("sweep_failed", { sweep });
      deps.log.error("sweep failed", { sweep, error });
    });
  }
}

/** Sweeps, rests, and sweeps again until `stop`. Any number of replicas may do so. */
export async function reaperLoop(deps: ReaperDeps, settings: ReaperSettings, stop: AbortSignal): Promise<void> {
  const turn: SyncTurn = { turn_after: undefined };
  while (!stop.aborted) {
    await sweepOnce(deps, settings, turn, stop);
    await deps.sleeper.sleep(settings.sweep_seconds * 1000, stop);
  }
}
