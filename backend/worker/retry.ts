import { Outage } from "#core/domain/outage.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** Repeats a step that redoes itself harmlessly while its store is out, with full jitter; then lets the Outage go. */
export async function retryOutages<T>(
  deps: { readonly sleeper: Sleeper; readonly random: Random },
  tries: number,
  step: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Outage) || attempt >= tries) throw error;
      const ceiling = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      const share = (deps.random.bytes(1)[0] ?? 0) / 255;
      await deps.sleeper.sleep(ceiling * share);
    }
  }
}
