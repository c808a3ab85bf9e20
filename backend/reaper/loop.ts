import type { Sleeper } from "#core/ports/clock.ts";
import type { Liveness } from "#core/ports/liveness.ts";
import { type AuditSweepDeps, type AuditCursor, sweepAudit } from "./sweeps/audit.ts";
import { type ClaimedSweepDeps, type ClaimedCursor, sweepClaims } from "./sweeps/claimed.ts";
import { type DeadLetterSweepDeps, newDeadLettersSeen, sweepDeadLetters } from "./sweeps/dead-letters.ts";
import { type GaugesSweepDeps, newGaugesCursor, sweepGauges } from "./sweeps/gauges.ts";
import { type HorizonSeen, type HorizonSweepDeps, sweepHorizon } from "./sweeps/horizon.ts";
import { type LeaseCursor, sweepLeases } from "./sweeps/lease.ts";
import { type OldEventsCursor, sweepOldEvents } from "./sweeps/old-events.ts";
import { type RetentionSweepDeps, type RetentionCursor, sweepRetention } from "./sweeps/retention.ts";
import { sweepSignals } from "./sweeps/signal.ts";
import { newSyncCursors, sweepSync } from "./sweeps/sync.ts";
import { type FanOutCursor, sweepWebhooks, type WebhookSweepDeps } from "./sweeps/webhooks.ts";
import { watchCalls } from "./watch-calls.ts";

/**
 * `objects` creates, heads and deletes; `dead_letters` is undefined where no such queue is named, `webhooks` where this
 * reaper sends none.
 */
export type ReaperDeps = AuditSweepDeps &
  ClaimedSweepDeps &
  DeadLetterSweepDeps &
  HorizonSweepDeps &
  RetentionSweepDeps & {
    /** Undefined: this reaper measures nothing beside its work. */
    readonly inspector?: GaugesSweepDeps["inspector"];
    readonly sleeper: Sleeper;
    readonly webhooks: Pick<WebhookSweepDeps, "send" | "random" | "objects"> | undefined;
    /** Undefined: nobody asks whether a sweep hangs. */
    readonly liveness?: Liveness;
  };

/** A receiver waits for these: they are sent sooner than a sweep repairs anything. */
const WEBHOOK_REST_SECONDS = 1;
/** Its rest aside, a sweep hangs that began and ended no call for so long, or one of whose calls has lasted so long. */
export const SWEEP_HANGS_SECONDS = 300;

export interface ReaperSettings {
  readonly max_attempts: number;
  readonly claimed_seconds: number;
  readonly signal_seconds: number;
  readonly sweep_seconds: number;
  readonly grace_seconds: number;
  readonly audit_seconds: number;
  /** How often tenants that rest are synced: 100 each time, in turn. */
  readonly resting_seconds?: number;
  /** How long the webhook sweep rests when nothing is due. */
  readonly webhook_seconds?: number;
}

interface Sweep {
  readonly rest_seconds: number;
  run(deps: ReaperDeps, stop: AbortSignal): Promise<void>;
}

function sweeps(
  settings: ReaperSettings,
  { webhooks, inspector }: Pick<ReaperDeps, "webhooks" | "inspector">,
): Readonly<Record<string, Sweep>> {
  const { max_attempts, sweep_seconds, grace_seconds } = settings;
  const lease: LeaseCursor = { after: undefined };
  const claimed: ClaimedCursor = { after: undefined };
  const sync = newSyncCursors(Math.max(1, Math.ceil((settings.resting_seconds ?? 0) / sweep_seconds)));
  const audit: AuditCursor = { tenant_after: undefined, run_after: undefined, drifting: new Set() };
  const retention: RetentionCursor = { after: undefined };
  const fanOut: FanOutCursor = { after: undefined };
  const oldEvents: OldEventsCursor = { after: undefined };
  const seen = newDeadLettersSeen();
  const gauges = newGaugesCursor();
  const horizon: HorizonSeen = { horizon: undefined, since_ms: 0, warned: false };
  // A tenant that rests is synced until its last reservation has outlived the grace.
  const mirror = { moved_within_seconds: grace_seconds + 2 * sweep_seconds, grace_seconds };
  const often = (run: Sweep["run"]): Sweep => ({ rest_seconds: sweep_seconds, run });
  return {
    lease: often((deps, stop) => sweepLeases(deps, max_attempts, stop, lease)),
    claimed: often((deps, stop) => sweepClaims(deps, settings, stop, claimed)),
    signal: often((deps, stop) => sweepSignals(deps, settings.signal_seconds, stop)),
    sync: often((deps, stop) => sweepSync(deps, mirror, sync, stop)),
    retention: often((deps, stop) => sweepRetention(deps, retention, stop)),
    "dead-letters": often((deps) => sweepDeadLetters(deps, seen)),
    horizon: often((deps) => sweepHorizon(deps, horizon)),
    audit: { rest_seconds: settings.audit_seconds, run: (deps, stop) => sweepAudit(deps, audit, stop) },
    ...(inspector !== undefined && { gauges: often((deps) => sweepGauges(deps, gauges)) }),
    ...(webhooks !== undefined && {
      webhooks: {
        rest_seconds: settings.webhook_seconds ?? Math.min(sweep_seconds, WEBHOOK_REST_SECONDS),
        run: (deps: ReaperDeps, stop: AbortSignal) => sweepWebhooks({ ...deps, ...webhooks }, stop, fanOut),
      },
      "old-events": often((deps, stop) => sweepOldEvents(deps, stop, oldEvents)),
    }),
  };
}

/**
 * Runs each sweep in a loop of its own until `stop`: a round, a rest, the next round. A slow store delays only the sweeps
 * that use it. Any number of replicas may run the same loops.
 */
export async function reaperLoop(deps: ReaperDeps, settings: ReaperSettings, stop: AbortSignal): Promise<void> {
  const { clock, metrics, liveness } = deps;
  const round = async ([sweep, turn]: [string, Sweep]) => {
    const turns = (rest_seconds = 0) => liveness?.turn(sweep, (rest_seconds + SWEEP_HANGS_SECONDS) * 1000);
    const own = liveness === undefined ? deps : watchedDeps(deps, liveness, sweep);
    // A sweep that never succeeds is stalled too.
    metrics.gauge("sweep_last_success_timestamp_seconds", clock.now() / 1_000, { sweep });
    while (!stop.aborted) {
      const began_ms = clock.now();
      turns();
      try {
        await turn.run(own, stop);
        metrics.gauge("sweep_last_success_timestamp_seconds", clock.now() / 1_000, { sweep });
      } catch (error) {
        metrics.count("sweep_failed", { sweep });
        deps.log.error("sweep failed", { sweep, error });
      }
      metrics.observe("sweep_seconds", (clock.now() - began_ms) / 1_000, { sweep });
      turns(turn.rest_seconds);
      await deps.sleeper.sleep(turn.rest_seconds * 1000, stop);
    }
  };
  await Promise.all(Object.entries(sweeps(settings, deps)).map(round));
}

/** A round may take long where there is much to do: each call that it makes is a turn of its own. */
function watchedDeps(deps: ReaperDeps, liveness: Liveness, sweep: string): ReaperDeps {
  const within_ms = SWEEP_HANGS_SECONDS * 1000;
  return watchCalls(deps, async (call) => {
    liveness.turn(sweep, within_ms);
    try {
      return await liveness.during(sweep, within_ms, call);
    } finally {
      liveness.turn(sweep, within_ms);
    }
  });
}
