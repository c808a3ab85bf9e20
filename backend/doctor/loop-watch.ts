import type { Clock } from "#core/ports/clock.ts";
import type { Liveness } from "#core/ports/liveness.ts";

interface Expectation {
  readonly loop: string;
  readonly until_ms: number;
}

/** Which loops of a process stand still: those that did not turn, or whose call did not end, in the time they named. */
export class LoopWatch implements Liveness {
  readonly #clock: Clock;
  readonly #turns = new Map<string, Expectation>();
  readonly #calls = new Set<Expectation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  turn(loop: string, within_ms: number): void {
    this.#turns.set(loop, this.#expectation(loop, within_ms));
  }

  async during<T>(loop: string, within_ms: number, call: () => Promise<T>): Promise<T> {
    const expectation = this.#expectation(loop, within_ms);
    this.#calls.add(expectation);
    try {
      return await call();
    } finally {
      this.#calls.delete(expectation);
    }
  }

  stalled(): readonly string[] {
    const now_ms = this.#clock.now();
    const late = [...this.#turns.values(), ...this.#calls].filter(({ until_ms }) => until_ms <= now_ms);
    return [...new Set(late.map(({ loop }) => loop))].toSorted();
  }

  #expectation(loop: string, within_ms: number): Expectation {
    return { loop, until_ms: this.#clock.now() + within_ms };
  }
}
