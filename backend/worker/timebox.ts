import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Turn } from "./packs/isolation/turn.ts";
import type { Place, WaitingRoom } from "./waiting-room.ts";

/**
 * How the time of a run's attempt ended: its work took too long, what it waited for did not come, or too many others
 * wait.
 */
export type TimeIsUp = "timebox" | "waits" | "crowded";

export interface Timebox extends Turn {
  /** Resolves when the work, without its waits, or the waits have lasted as long as they may. */
  readonly over: Promise<TimeIsUp>;
  /** How long it waited so far; once it has ended, how long it waited in all. */
  waited_ms(): number;
  end(): void;
}

interface Limits {
  readonly work_ms: number;
  /** Of all waits together. */
  readonly wait_ms: number;
  /** Without one every run waits in its slot, as long as `wait_ms` lets it. */
  readonly room?: WaitingRoom | undefined;
}

/** So long a run keeps its slot while it waits there, where it has no place beside the slots. */
export const SLOT_WAIT_MS = 10_000;

/** The places that one run holds in the room. Without one beside the slots its patience is bounded: `startPatience`. */
function placesIn(room: WaitingRoom | undefined, key: string, startPatience: () => AbortController) {
  const held = new Set<Place>();
  return {
    take(): Place | undefined {
      const taken = room?.enter(key);
      if (taken === undefined) return undefined;
      const patience = taken.kind === "in_slot" ? startPatience() : undefined;
      const leave = () => {
        patience?.abort();
        taken.leave();
        held.delete(place);
      };
      const place: Place = { kind: taken.kind, leave };
      held.add(place);
      return place;
    },
    leaveAll(): void {
      for (const place of held) place.leave();
    },
  };
}

/** A clock for the work of one attempt, which stands still while the work waits its turn. */
export function startTimebox(
  { clock, sleeper }: { readonly clock: Clock; readonly sleeper: Sleeper },
  key: string,
  { work_ms, wait_ms, room }: Limits,
): Timebox {
  const { promise: over, resolve } = Promise.withResolvers<TimeIsUp>();
  const spent = { timebox: 0, waits: 0 };
  const limit = { timebox: work_ms, waits: wait_ms };
  const places = placesIn(room, key, () => endsIn(SLOT_WAIT_MS, "crowded"));
  let phase: keyof typeof spent = "timebox";
  let since_ms = clock.now();
  let waiting = 0;
  let timer = new AbortController();
  let isOver = false;

  const inPhase_ms = () => (isOver ? 0 : Math.max(0, clock.now() - since_ms));

  function endsIn(ms: number, what: TimeIsUp): AbortController {
    const mine = new AbortController();
    void sleeper.sleep(ms, mine.signal).then(() => {
      if (!mine.signal.aborted) resolve(what);
    });
    return mine;
  }

  function change(next: typeof phase): void {
    if (isOver) return;
    timer.abort();
    spent[phase] += inPhase_ms();
    phase = next;
    since_ms = clock.now();
    timer = endsIn(Math.max(0, limit[next] - spent[next]), next);
  }

  change("timebox");
  return {
    key,
    over,
    async wait(something, what = "turn") {
      if (waiting++ === 0) change("waits");
      const place = what === "turn" && !isOver ? places.take() : undefined;
      if (place?.kind === "none") resolve("crowded");
      try {
        return await something;
      } finally {
        place?.leave();
        if (--waiting === 0) change("timebox");
      }
    },
    waited_ms: () => spent.waits + (phase === "waits" ? inPhase_ms() : 0),
    end() {
      if (isOver) return;
      spent[phase] += inPhase_ms();
      isOver = true;
      timer.abort();
      places.leaveAll();
    },
  };
}
