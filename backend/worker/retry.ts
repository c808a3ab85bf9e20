import { Outage } from "#core/domain/outage.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface RetryDeps {
  readonly clock: Clock;
  readonly sleeper: Sleeper;
  readonly random: Random;
}

/**
 * Repeats a step that redoes itself harmlessly while its store is out, with full jitter, as long as a try can begin
 * before `until_ms()`; then throws the Outage. How long that is, not how many tries it takes, bounds it.
 */
export async function retryOutages<T>(deps: RetryDeps, until_ms: () => number, step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
      const ceiling = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      // Never at once: a store that refuses at once would be asked without a pause.
      const share = (1 + (deps.random.bytes(1)[0] ?? 0)) / 256;
      const wait_ms = ceiling * share;
      if (deps.clock.now() + wait_ms >= until_ms()) throw error;
      await deps.sleeper.sleep(wait_ms);
    }
  }
}
