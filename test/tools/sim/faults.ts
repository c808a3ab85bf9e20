import type { Seeded } from "./seeded.ts";

/**
 * What can happen to one call of a port, seen from its caller:
 * - crash-before: the caller dies, nothing was sent;
 * - crash-after: it is applied, and the caller dies before the reply;
 * - lose-reply: it is applied, and the caller hears nothing;
 * - refuse: it is not applied, and the caller hears nothing;
 * - late: the caller hears nothing, and it is applied much later;
 * - stall: the caller stands still before the call, longer than a lease;
 * - stall-after: it is applied, and the caller stands still before the reply.
 */
export const FAULTS = ["crash-before", "crash-after", "lose-reply", "refuse", "late", "stall", "stall-after"] as const;
export type Fault = (typeof FAULTS)[number];

/** What the world itself may do between two calls. */
export const INTRUSIONS = [
  "cancel",
  "stop-worker",
  "flush-redis",
  "rewind-redis",
  "lose-messages",
  "repeat-messages",
] as const;
type Intrusion = (typeof INTRUSIONS)[number];

export type PortName = "database" | "redis" | "objects" | "queue";

/** One call of a port by a process: a boundary at which the world may break. */
export interface Boundary {
  readonly index: number;
  readonly process: string;
  readonly port: PortName;
  readonly operation: string;
  /** How many runs, or others, one statement is about. */
  readonly size: number;
}

export interface Decision {
  readonly fault?: Fault | undefined;
  /** How long what is late or stalled takes, in ms. */
  readonly ms?: number;
  readonly intrusion?: Intrusion | undefined;
  /** A point inside a database function at which its session waits for a while. */
  readonly pause_at?: string | undefined;
}

export interface FaultPlan {
  at(boundary: Boundary): Decision;
}

/** Longer than lease (120 s), claim (120 s), the reservation's grace (90 s) and the submit's deadline. */
const LONG_MS = 300_000;

/** Faults at the named boundaries and nowhere else. */
export const planned = (decisions: ReadonlyMap<number, Decision>): FaultPlan => ({
  at: ({ index }) => ({ ms: LONG_MS, ...decisions.get(index) }),
});

/** How wild a world is: shares of calls that go wrong, by kind. */
export interface Weather {
  readonly fault: number;
  readonly stall: number;
  readonly pause: number;
}

const QUICK_FAULTS = ["crash-before", "crash-after", "lose-reply", "refuse", "late"] as const;
const STALLS = ["stall", "stall-after"] as const;

/** Faults by chance while `isOn` says so. */
export function stormy(random: Seeded, weather: Weather, isOn: () => boolean): FaultPlan {
  return {
    at: ({ operation }) => {
      if (!isOn()) return {};
      if (operation === "submit-run" && random.chance(weather.pause)) {
        return { pause_at: random.pick(["looked", "counted"]), ms: random.between(10, 4_000) };
      }
      if (random.chance(weather.stall)) return { fault: random.pick(STALLS), ms: random.between(5_000, 400_000) };
      if (random.chance(weather.fault)) return { fault: random.pick(QUICK_FAULTS), ms: random.between(20, 200_000) };
      return {};
    },
  };
}
