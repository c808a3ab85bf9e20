import { setTimeout } from "node:timers/promises";
import type { Clock, Sleeper } from "#core/ports/clock.ts";

export const createClock = (): Clock => ({ now: () => Date.now() });

export const createSleeper = (): Sleeper => ({
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!(error instanceof Error && error.name === "AbortError")) throw error;
    }
  },
});
