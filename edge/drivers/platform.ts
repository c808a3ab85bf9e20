import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";

export const createClock = (): Clock => ({ now: () => Date.now() });

export const createRandom = (): Random => ({ bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) });

export const createSleeper = (): Sleeper => ({
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener("abort", wake);
    }),
});
