import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Turn } from "./packs/isolation/turn.ts";

/** How the time of a run's attempt ended: its work took too long, or what it waited for did not come. */
export type TimeIsUp = "timebox" | "waits";

export interface Timebox extends Turn {
  /** Resolves when the work, without its waits, or the waits together have lasted as long as they may. */
  readonly over: Promise<TimeIsUp>;
  /** How long it waited so far. */
  waited_ms(): number;
  end(): void;
}

interface Limits {
  readonly work_ms: number;
  /** Of all waits together; undefined: they are not bounded. */
  readonly wait_ms: number | undefined;
}

/** A clock for the work of one attempt, which stands still while the work waits its turn. */
export function startTimebox(
  { clock, sleeper }: { readonly clock: Clock; readonly sleeper: Sleeper },
  key: string,
  { work_ms, wait_ms }: Limits,
): Timebox {
  const { promise: over, resolve } = Promise.withResolvers<TimeIsUp>();
  const spent = { timebox: 0, waits: 0 };
  const most = { timebox: work_ms, waits: wait_ms ?? Number.POSITIVE_INFINITY };
  let phase: TimeIsUp = "timebox";
  let since_ms = clock.now();
  let waiting = 0;
  let timer = new AbortController();
  let isOver = false;

  const inPhase_ms = () => Math.max(0, clock.now() - since_ms);

  function begin(next: TimeIsUp): void {
    timer.abort();
    phase = next;
    since_ms = clock.now();
    if (isOver) return;
    const left_ms = Math.max(0, most[next] - spent[next]);
    if (!Number.isFinite(left_ms)) return;
    const mine = new AbortController();
    timer = mine;
    void sleeper.sleep(left_ms, mine.signal).then(() => {
      if (!mine.signal.aborted) resolve(next);
    });
  }

  function change(next: TimeIsUp): void {
    spent[phase] += inPhase_ms();
    begin(next);
  }

  begin("timebox");
  return {
    key,
    over,
    async wait(something) {
      if (waiting++ === 0) change("waits");
      try {
        return await something;
      } finally {
        if (--waiting === 0) change("timebox");
      }
    },
    waited_ms: () => spent.waits + (phase === "waits" ? inPhase_ms() : 0),
    end() {
      isOver = true;
      timer.abort();
    },
  };
}
