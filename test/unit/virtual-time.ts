import type { Clock, Sleeper } from "#core/ports/clock.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that a test moves, and sleeps that end by it. */
export function virtualTime() {
  let now_ms = 1_000_000;
  const sleeps = new Set<{ readonly at_ms: number; wake(): void }>();
  const clock: Clock = { now: () => now_ms };
  const sleeper: Sleeper = {
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const wake = () => {
          sleeps.delete(sleep);
          resolve();
        };
        const sleep = { at_ms: now_ms + ms, wake };
        sleeps.add(sleep);
        signal?.addEventListener("abort", wake, { once: true });
      }),
  };
  const next = (until_ms: number) =>
    [...sleeps].filter(({ at_ms }) => at_ms <= until_ms).toSorted((a, b) => a.at_ms - b.at_ms)[0];
  return {
    clock,
    sleeper,
    /** Lets so much time go by, one sleep after the other. */
    async pass(ms: number) {
      const until_ms = now_ms + ms;
      await settled();
      for (let sleep = next(until_ms); sleep !== undefined; sleep = next(until_ms)) {
        now_ms = Math.max(now_ms, sleep.at_ms);
        sleep.wake();
        await settled();
      }
      now_ms = until_ms;
    },
    /** How many sleeps are going on. */
    sleeping: () => sleeps.size,
  };
}
