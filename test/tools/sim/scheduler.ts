import type { Clock, Sleeper } from "#core/ports/clock.ts";

/** Where every simulated world begins: 2026-01-01T00:00:00Z, in Unix milliseconds. */
const BEGINNING_MS = 1_767_225_600_000;

/** A process of the simulated world. What happens to it after a crash never happens; while paused it comes later. */
export class SimProcess {
  readonly name: string;
  #alive = true;
  paused_until_ms = 0;
  readonly #mourners: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Calls back when this process crashes: its clients see their connections end. */
  onCrash(mourner: () => void): void {
    this.#mourners.push(mourner);
  }

  crash(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const mourner of this.#mourners.splice(0)) mourner();
  }
}

interface Occurrence {
  readonly at_ms: number;
  readonly sequence: number;
  readonly process: SimProcess | undefined;
  readonly happen: () => void | Promise<void>;
}

/**
 * Virtual time. One occurrence happens at a time, the earliest first, and everything that it wakes runs until it waits
 * again: the same occurrences give the same run.
 */
export class Scheduler implements Clock {
  #now_ms = BEGINNING_MS;
  #sequence = 0;
  /** Latest first, so that the next one is popped. */
  readonly #agenda: Occurrence[] = [];

  now(): number {
    return this.#now_ms;
  }

  /** Without a process it happens whatever crashes. */
  after(ms: number, process: SimProcess | undefined, happen: () => void | Promise<void>): void {
    this.#insert({ at_ms: this.#now_ms + Math.ceil(ms), sequence: this.#sequence++, process, happen });
  }

  #insert(occurrence: Occurrence): void {
    const isLater = (other: Occurrence) =>
      other.at_ms > occurrence.at_ms || (other.at_ms === occurrence.at_ms && other.sequence > occurrence.sequence);
    let at = this.#agenda.length;
    while (at > 0 && !isLater(this.#agenda[at - 1] ?? occurrence)) at--;
    this.#agenda.splice(at, 0, occurrence);
  }

  /** Lets the next occurrence happen; false when there is none. */
  async step(): Promise<boolean> {
    const next = this.#agenda.pop();
    if (next === undefined) return false;
    const { process } = next;
    if (process !== undefined && !process.alive) return true;
    if (process !== undefined && process.paused_until_ms > next.at_ms) {
      this.#insert({ ...next, at_ms: process.paused_until_ms });
      return true;
    }
    this.#now_ms = Math.max(this.#now_ms, next.at_ms);
    await next.happen();
    await settled();
    return true;
  }

  /** Sleeps of one process. */
  sleeper(process: SimProcess): Sleeper {
    return {
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          signal?.addEventListener("abort", () => resolve(), { once: true });
          this.after(ms, process, resolve);
        }),
    };
  }
}

/** Everything that can run without a new occurrence has run: production code waits for its ports alone. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
