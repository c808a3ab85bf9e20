import { gcra, type GcraVerdict } from "#core/domain/gcra.ts";
import type { Rate } from "#core/domain/plan.ts";
import type { Clock } from "#core/ports/clock.ts";
import { LruCache } from "./lru-cache.ts";

const REMEMBERED = 10_000;

interface OwnRate {
  readonly rate: Rate;
  readonly until_ms: number;
}

/** One rate per name, kept in this isolate alone: for what must be held back without asking a store. */
export class IsolateRateLimiter {
  readonly #arrivals = new LruCache<number>(REMEMBERED);
  readonly #own = new LruCache<OwnRate>(REMEMBERED);
  readonly #rate: Rate;
  readonly #clock: Clock;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Holds this name to a rate of its own for so long, where that is lower. */
  hold(name: string, { per_minute, burst }: Rate, for_ms: number): void {
    const rate = {
      per_minute: Math.min(this.#rate.per_minute, per_minute),
      burst: Math.min(this.#rate.burst, burst),
    };
    this.#own.set(name, { rate, until_ms: this.#clock.now() + for_ms });
  }

  /** Whether a rate of the name's own holds. */
  holds(name: string): boolean {
    return (this.#own.get(name)?.until_ms ?? 0) > this.#clock.now();
  }

  /** Whether one more would be allowed now; counts nothing. */
  check(name: string): GcraVerdict {
    return gcra(this.#rateOf(name), this.#arrivals.get(name), this.#clock.now());
  }

  /** Counts one less: what was taken should not have been counted. */
  restore(name: string): void {
    const tat_ms = this.#arrivals.get(name);
    if (tat_ms !== undefined) this.#arrivals.set(name, tat_ms - 60_000 / this.#rateOf(name).per_minute);
  }

  /** Counts one, if it is allowed. */
  take(name: string): GcraVerdict {
    const verdict = this.check(name);
    if (verdict.allowed) this.#arrivals.set(name, verdict.tat_ms);
    return verdict;
  }

  #rateOf(name: string): Rate {
    return this.holds(name) ? (this.#own.get(name)?.rate ?? this.#rate) : this.#rate;
  }
}
