import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Turn } from "./packs/isolation/turn.ts";
import type { Place, WaitingRoom } from "./waiting-room.ts";

/** How the time of a run's attempt ended: its work took too long, or what it waited for did not come. */
export type TimeIsUp = "timebox" | "waits";

export interface Timebox extends Turn {
  /** Resolves when the work, without its waits, or the waits together have lasted as long as they may. */
  readonly over: Promise<TimeIsUp>;
  /** How long it waited so far; once it has ended, how long it waited in all. */
  waited_ms(): number;
  /** The work is done: its result waits as long as it takes to be written, up to `last_wait_ms`. */
  done(): void;
  end(): void;
}

interface Limits {
  readonly work_ms: number;
  /** Of all waits together. */
  readonly wait_ms: number;
  readonly last_wait_ms: number;
  /** Without one every run waits in its slot. */
  readonly room?: WaitingRoom | undefined;
}

/** The places that one run holds in the room. */
function placesIn(room: WaitingRoom | undefined, key: string) {
  const held = new Set<Place>();
  const leave = (place: Place) => {
    place.leave();
    held.delete(place);
  };
  return {
    /** Takes one, and returns how to leave it. */
    take(): () => void {
      const place = room?.enter(key);
      if (place === undefined) return () => undefined;
      held.add(place);
      return () => leave(place);
    },
    leaveAll: () => held.forEach(leave),
  };
}

/** A clock for the work of one attempt, which stops while the work waits for a process. */
export function startTimebox(
  { clock, sleeper }: { readonly clock: Clock; readonly sleeper: Sleeper },
  key: string,
  { work_ms, wait_ms, last_wait_ms, room }: Limits,
): Timebox {
  const { promise: over, resolve } = Promise.withResolvers<TimeIsUp>();
  const spent = { timebox: 0, waits: 0 };
  const limit = { timebox: work_ms, waits: wait_ms };
  const places = placesIn(room, key);
  let phase: TimeIsUp = "timebox";
  let since_ms = clock.now();
  let waiting = 0;
  let timer = new AbortController();
  let isOver = false;

  const inPhase_ms = () => (isOver ? 0 : Math.max(0, clock.now() - since_ms));

  function change(next: TimeIsUp): void {
    if (isOver) return;
    timer.abort();
    spent[phase] += inPhase_ms();
    phase = next;
    since_ms = clock.now();
    const mine = new AbortController();
    timer = mine;
    void sleeper.sleep(Math.max(0, limit[next] - spent[next]), mine.signal).then(() => {
      if (!mine.signal.aborted) resolve(next);
    });
  }

  change("timebox");
  return {
    key,
    over,
    async wait(something, what = "turn") {
      if (waiting++ === 0) change("waits");
      const leave = what === "turn" && !isOver ? places.take() : undefined;
      try {
        return await something;
      } finally {
        leave?.();
        if (--waiting === 0) change("timebox");
      }
    },
    waited_ms: () => spent.waits + (phase === "waits" ? inPhase_ms() : 0),
    done() {
      limit.waits = last_wait_ms;
    },
    end() {
      if (isOver) return;
      spent[phase] += inPhase_ms();
      isOver = true;
      timer.abort();
      places.leaveAll();
    },
  };
}
