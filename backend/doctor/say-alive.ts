import { newId } from "#core/domain/ids.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import { noteProcess, type ServiceProcess } from "#core/store/service/note-process.ts";

/** Four times before a process counts as lost. */
const BEAT_MS = 15_000;

export interface AliveDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly sleeper: Sleeper;
  readonly log: Log;
}

/** Says in the database that this process takes work, again and again until `stop`, and then that it takes no more. Never rejects. */
export async function sayAlive(deps: AliveDeps, kind: ServiceProcess["kind"], stop: AbortSignal): Promise<void> {
  const process_id = newId(deps.clock.now(), deps.random.bytes(16));
  const note = (ended: boolean) =>
    noteProcess(deps.db, { process_id, kind }, ended).catch((error: unknown) =>
      deps.log.warn("the database does not know that this process is alive", { error }),
    );
  while (!stop.aborted) {
    await note(false);
    await deps.sleeper.sleep(BEAT_MS, stop);
  }
  await note(true);
}
