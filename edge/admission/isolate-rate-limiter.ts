import { gcra, type GcraVerdict } from "#core/domain/gcra.ts";
import type { Rate } from "#core/domain/plan.ts";
import type { Clock } from "#core/ports/clock.ts";
import { LruCache } from "./lru-cache.ts";

const REMEMBERED = 10_000;

/** One rate per name, kept in this isolate alone: for what must be held back without asking a store. */
export class IsolateRateLimiter {
  readonly #arrivals = new LruCache<number>(REMEMBERED);
  readonly #rate: Rate;
  readonly #clock: Clock;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Whether one more would be allowed now; counts nothing. */
  check(name: string): GcraVerdict {
    return gcra(this.#rate, this.#arrivals.get(name), this.#clock.now());
  }

  /** Counts one less: what was taken should not have been counted. */
  restore(name: string): void {
    const tat_ms = this.#arrivals.get(name);
    if (tat_ms !== undefined) this.#arrivals.set(name, tat_ms - 60_000 / this.#rate.per_minute);
  }

  /** Counts one, if it is allowed. */
  take(name: string): GcraVerdict {
    const verdict = this.check(name);
    if (verdict.allowed) this.#arrivals.set(name, verdict.tat_ms);
    return verdict;
  }
}
