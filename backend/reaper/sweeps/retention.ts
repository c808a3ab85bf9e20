import { Outage } from "#core/domain/outage.ts";
import { resultKey } from "#core/domain/receipt.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ObjectDeleter } from "#core/ports/objects.ts";
import { beginPurge, type OutlivedRun, findOutlivedRuns, purgeRun } from "#core/store/postgres/outlived-runs.ts";

/** A round ends after so many batches; the next one goes on from there. */
const BATCHES = 20;

export interface RetentionSweepDeps {
  readonly db: Db;
  readonly objects: ObjectDeleter;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Where the turn through runs past their retention stands, so that those that cannot be purged hide no others. */
export interface RetentionTurn {
  after: OutlivedRun | undefined;
}

/**
 * Runs past their retention: the database says that the purge begins, so that no frozen run loses its evidence; then
 * their objects are deleted, then their inputs. All of it may be done again.
 */
export async function sweepRetention(deps: RetentionSweepDeps, turn: RetentionTurn, stop: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const runs = await findOutlivedRuns(deps.db, turn.after);
    for (const run of runs) {
      if (stop.aborted) return;
      // Before it: what cannot be purged must not keep the turn for ever.
      turn.after = run;
      await purge(deps, run).catch((error: unknown) => {
        // A store that is out is out for all of them; one run that cannot be purged must not shield the others.
        if (error instanceof Outage) throw error;
        deps.metrics.count("run_unpurgeable");
        deps.log.error("a run past its retention could not be purged", { run_id: run.run_id, error });
      });
    }
    if (runs.length === 0) {
      turn.after = undefined;
      return;
    }
  }
}

async function purge(deps: RetentionSweepDeps, found: OutlivedRun): Promise<void> {
  const run = await beginPurge(deps.db, found);
  if (run === undefined) return;
  const attempts = Array.from({ length: run.attempt }, (_, index) => index + 1);
  if (attempts.length > 0)
    await deps.objects.delete(attempts.map((attempt) => resultKey(run.tenant_id, run.run_id, attempt)));
  if (await purgeRun(deps.db, run)) deps.metrics.count("run_purged");
}
