import { resultKey } from "#core/domain/receipt.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ObjectDeleter } from "#core/ports/objects.ts";
import {
  beginPurge,
  type RunPastRetention,
  findRunsPastRetention,
  purgeRun,
} from "#core/store/runs/runs-past-retention.ts";
import { TenantTurns, walk } from "../turns.ts";

/** What its statement finds at most. */
const PAGE = 50;

/** A round ends after so many runs; the next one goes on from there. */
const RUNS = 10_000;

export interface RetentionSweepDeps {
  readonly db: Db;
  readonly objects: ObjectDeleter;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The last run of the round before, so that runs that cannot be purged hide no others. */
export interface RetentionCursor {
  after: RunPastRetention | undefined;
}

/**
 * Runs past their retention: the database says that the purge begins, so that no frozen run loses its evidence; then
 * their objects are deleted, then their inputs. All of it may be done again.
 */
export async function sweepRetention(
  deps: RetentionSweepDeps,
  cursor: RetentionCursor,
  stop: AbortSignal,
): Promise<void> {
  const round = new TenantTurns(0).begin();
  let runs = 0;
  for await (const run of walk(cursor, (after) => findRunsPastRetention(deps.db, after), PAGE)) {
    if (stop.aborted) return;
    await round.step(
      run.tenant_id,
      () => purge(deps, run),
      (error) => {
        deps.metrics.count("run_unpurgeable");
        deps.log.error("a run past its retention could not be purged", { run_id: run.run_id, error });
      },
    );
    runs += 1;
    if (runs >= RUNS) break;
  }
  round.end();
}

async function purge(deps: RetentionSweepDeps, found: RunPastRetention): Promise<void> {
  const run = await beginPurge(deps.db, found);
  if (run === undefined) return;
  const attempts = Array.from({ length: run.attempt }, (_, index) => index + 1);
  if (attempts.length > 0)
    await deps.objects.delete(attempts.map((attempt) => resultKey(run.tenant_id, run.run_id, attempt)));
  if (await purgeRun(deps.db, run)) deps.metrics.count("run_purged");
}
