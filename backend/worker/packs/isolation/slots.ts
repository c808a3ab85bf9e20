export interface Slots {
  /** Waits for a slot, first come first served. Rejects with the signal's reason if that aborts first. */
  take(signal: AbortSignal): Promise<void>;
  /** Gives one slot back; once for each that was taken. */
  release(): void;
}

/** At most `count` holders at once. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          waiting.delete(enter);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        };
        waiting.add(enter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    release() {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
