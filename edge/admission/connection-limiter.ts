import type { Clock } from "#core/ports/clock.ts";

interface Limits {
  readonly per_name: number;
  readonly in_all: number;
  /** Of the places that are free, how much one name may come to hold: its share shrinks as the isolate fills. */
  readonly share_of_free: number;
  /** How long one counts that says nothing: the platform may end a request without a word when its client goes away. */
  readonly silence_ms: number;
  /** How long one is held before it gives way to a name with none where every name has one alone. */
  readonly turn_ms: number;
}

/** An answer that is held open. */
export interface HeldConnection {
  /** Still there: to be called more often than the silence lasts. False once its place was given away. */
  readonly touch: () => boolean;
  readonly release: () => void;
}

interface Times {
  readonly taken_at: number;
  heard_at: number;
}

/**
 * How many answers this isolate holds open at a time, by name and in all. A name may hold as many as its limit and its
 * share of the free places let it (dynamic thresholds, Choudhury and Hahne 1998), so that however many names ask, some
 * places stay free; and in a full isolate the name with the most gives way to one with none.
 */
export class ConnectionLimiter {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #held = new Map<string, Map<HeldConnection, Times>>();
  #count = 0;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** One more of this name, until `signal` aborts at the latest; undefined at the limit. */
  take(name: string, signal: AbortSignal): HeldConnection | undefined {
    if (!this.#hasRoom(name)) for (const other of this.#held.keys()) this.#forgetSilent(other);
    if (!this.#hasRoom(name) && (this.#held.has(name) || !this.#giveWay())) return undefined;
    const mine = this.#held.get(name) ?? new Map<HeldConnection, Times>();
    const now = this.#clock.now();
    const times: Times = { taken_at: now, heard_at: now };
    const hold: HeldConnection = {
      touch: () => {
        times.heard_at = this.#clock.now();
        return mine.has(hold);
      },
      release: () => this.#drop(name, hold),
    };
    this.#held.set(name, mine.set(hold, times));
    this.#count += 1;
    // What waits may never be woken again after this.
    signal.addEventListener("abort", hold.release);
    return hold;
  }

  #hasRoom(name: string): boolean {
    const free = this.#limits.in_all - this.#count;
    const share = Math.max(1, Math.floor(free * this.#limits.share_of_free));
    return free > 0 && (this.#held.get(name)?.size ?? 0) < Math.min(this.#limits.per_name, share);
  }

  /** Ends the answer held longest by the name with the most; false where each has one, none of them for long. */
  #giveWay(): boolean {
    let most: { name: string; size: number; hold: HeldConnection; taken_at: number } | undefined;
    for (const [name, holds] of this.#held) {
      const [oldest] = holds;
      if (oldest === undefined) continue;
      const [hold, { taken_at }] = oldest;
      const isMore = holds.size > (most?.size ?? 0) || (holds.size === most?.size && taken_at < most.taken_at);
      if (isMore) most = { name, size: holds.size, hold, taken_at };
    }
    if (most === undefined) return false;
    if (most.size === 1 && this.#clock.now() - most.taken_at < this.#limits.turn_ms) return false;
    this.#drop(most.name, most.hold);
    return true;
  }

  #forgetSilent(name: string): void {
    const latest = this.#clock.now() - this.#limits.silence_ms;
    for (const [hold, { heard_at }] of this.#held.get(name) ?? []) if (heard_at < latest) this.#drop(name, hold);
  }

  #drop(name: string, hold: HeldConnection): void {
    const mine = this.#held.get(name);
    if (mine?.delete(hold) !== true) return;
    this.#count -= 1;
    if (mine.size === 0) this.#held.delete(name);
  }
}
