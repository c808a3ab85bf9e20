import type { Clock } from "#core/ports/clock.ts";

export interface StorePing {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Every store is asked once in so long, whatever number of probes comes. */
const KEPT_MS = 5_000;

/** Whether a process can work, from what its stores answer. */
export class Readiness {
  readonly #pings: readonly StorePing[];
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  #started = false;
  #known: { readonly at_ms: number; readonly missing: Promise<readonly string[]> } | undefined;

  constructor(pings: readonly StorePing[], clock: Clock, stop: AbortSignal) {
    this.#pings = pings;
    this.#clock = clock;
    this.#stop = stop;
  }

  /** Its stores can be used: the work begins. */
  begin(): void {
    this.#started = true;
  }

  async notReady(): Promise<readonly string[]> {
    if (this.#stop.aborted) return ["stopping"];
    if (!this.#started) return ["starting"];
    const now_ms = this.#clock.now();
    if (this.#known === undefined || now_ms - this.#known.at_ms >= KEPT_MS)
      this.#known = { at_ms: now_ms, missing: this.#ask() };
    return await this.#known.missing;
  }

  async #ask(): Promise<readonly string[]> {
    const results = await Promise.allSettled(this.#pings.map(async ({ run }) => run()));
    return this.#pings.filter((_, index) => results[index]?.status === "rejected").map(({ name }) => name);
  }
}
