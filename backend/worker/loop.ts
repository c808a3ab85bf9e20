import type { ReceivedMessage } from "#core/ports/queue.ts";
import { createRunBatches } from "#core/store/runs/run-batches.ts";
import { processMessage, type WorkerDeps, type WorkerTimes } from "./process-run.ts";
import { createWaitingRoom } from "./waiting-room.ts";

const LONG_POLL_SECONDS = 20;
const MAX_RECEIVED = 10;
/** While runs are going on, slots that fall free within this time are filled by one call. */
const GATHER_MS = 5;
const PAUSE_AFTER_OUTAGE_MS = 1_000;
/** Between messages of a worker that can lease no run: SQS counts each receipt, and other workers may be able to. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface LoopSettings extends WorkerTimes {
  readonly concurrency: number;
  /** How long a stopping worker lets its runs go on before it hands them back. */
  readonly stop_seconds: number;
  /** Called at every turn of the loop. */
  readonly onTurn?: (isFull: boolean) => void;
}

/**
 * Takes messages while slots are free, until `stopping`; then finishes or hands back what it holds. Runs that wait beside
 * the slots hold none, so that it holds at most `concurrency` runs and the waiting room's.
 */
export async function workerLoop(deps: WorkerDeps, settings: LoopSettings, stopping: AbortSignal): Promise<void> {
  const running = new Set<Promise<void>>();
  const giveUp = new AbortController();
  // One waiter at a time: a race against what lasts, turn by turn, would keep something of every turn.
  let wake = () => {};
  const woken = () => new Promise<void>((resolve) => (wake = resolve));
  stopping.addEventListener("abort", () => wake(), { once: true });

  const batches = createRunBatches(deps.db);
  const room = createWaitingRoom(settings.concurrency, () => wake());
  let isUnable = false;
  let pauses = 0;
  const onLease = (answered: boolean) => {
    isUnable = !answered;
    if (answered) pauses = 0;
  };
  const free = () => settings.concurrency - (running.size - room.beside);

  const start = (message: ReceivedMessage) => {
    const run: Promise<void> = processMessage(
      { ...deps, batches, room, onLease },
      settings,
      message,
      giveUp.signal,
    ).finally(() => {
      running.delete(run);
      wake();
    });
    running.add(run);
  };

  while (!stopping.aborted) {
    settings.onTurn?.(free() <= 0);
    if (free() <= 0) await woken();
    if (running.size > 0) await deps.sleeper.sleep(GATHER_MS, stopping);
    if (isUnable) await deps.sleeper.sleep(Math.min(FIRST_PAUSE_MS * 2 ** pauses++, LONGEST_PAUSE_MS), stopping);
    const wanted = Math.min(free(), isUnable ? 1 : MAX_RECEIVED);
    if (wanted <= 0 || stopping.aborted) continue;
    try {
      const messages = await deps.queue.receive(wanted, LONG_POLL_SECONDS, stopping);
      messages.forEach(start);
    } catch (error) {
      deps.log.warn("no messages could be received", { error });
      await deps.sleeper.sleep(PAUSE_AFTER_OUTAGE_MS, stopping);
    }
  }

  deps.log.info("worker is stopping", { running: running.size });
  const drained = new AbortController();
  const grace = deps.sleeper.sleep(settings.stop_seconds * 1000, drained.signal).then(() => giveUp.abort());
  await Promise.all(running);
  drained.abort();
  await grace;
}
