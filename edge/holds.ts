import type { Clock } from "#core/ports/clock.ts";

interface Limits {
  readonly per_name: number;
  readonly in_all: number;
  /** How long one counts that says nothing: the platform may end a request without a word when its client goes away. */
  readonly silence_ms: number;
}

/** An answer that is held open. */
export interface Hold {
  /** Still there: to be called more often than the silence lasts. False once its place was given away. */
  readonly stay: () => boolean;
  readonly release: () => void;
}

/** How many answers this isolate holds open at a time, by name and in all. */
export class Holds {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #held = new Map<string, Map<Hold, number>>();
  #count = 0;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** One more of this name, until `signal` aborts at the latest; undefined where there are as many as may be. */
  take(name: string, signal: AbortSignal): Hold | undefined {
    if (this.#count >= this.#limits.in_all) for (const other of this.#held.keys()) this.#forgetSilent(other);
    if ((this.#held.get(name)?.size ?? 0) >= this.#limits.per_name) this.#forgetSilent(name);
    const mine = this.#held.get(name) ?? new Map<Hold, number>();
    if (this.#count >= this.#limits.in_all || mine.size >= this.#limits.per_name) return undefined;
    const hold: Hold = {
      stay: () => mine.has(hold) && mine.set(hold, this.#clock.now()).has(hold),
      release: () => this.#drop(name, hold),
    };
    this.#held.set(name, mine.set(hold, this.#clock.now()));
    this.#count += 1;
    // Whoever waits may never be woken again after this.
    signal.addEventListener("abort", hold.release);
    return hold;
  }

  #forgetSilent(name: string): void {
    const latest = this.#clock.now() - this.#limits.silence_ms;
    for (const [hold, heard_at] of this.#held.get(name) ?? []) if (heard_at < latest) this.#drop(name, hold);
  }

  #drop(name: string, hold: Hold): void {
    const mine = this.#held.get(name);
    if (mine?.delete(hold) !== true) return;
    this.#count -= 1;
    if (mine.size === 0) this.#held.delete(name);
  }
}
