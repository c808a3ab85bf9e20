export interface Slots {
  /** Takes a slot that is free now. */
  tryTake(): boolean;
  /**
   * Waits for a slot. Keys take turns: each gets one before any gets its next, and those of one key are served in the
   * order of their asking. Rejects with the signal's reason if that aborts first.
   */
  take(key: string, signal: AbortSignal): Promise<void>;
  /** Gives one slot back; once for each that was taken. */
  release(): void;
}

/** At most `count` holders at once. */
export function createSlots(count: number): Slots {
  let free = count;
  // The keys in the order of their turns; none without somebody who waits.
  const waiting = new Map<string, Set<() => void>>();

  function leave(key: string, enter: () => void): void {
    const line = waiting.get(key);
    line?.delete(enter);
    if (line?.size === 0) waiting.delete(key);
  }

  /** Who is next, with the key whose turn it is put behind all others. */
  function next(): (() => void) | undefined {
    for (const [key, line] of waiting) {
      waiting.delete(key);
      waiting.set(key, line);
      for (const enter of line) {
        leave(key, enter);
        return enter;
      }
    }
    return undefined;
  }

  function tryTake(): boolean {
    if (free === 0) return false;
    free -= 1;
    return true;
  }

  return {
    tryTake,
    async take(key, signal) {
      signal.throwIfAborted();
      if (tryTake()) return;
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          leave(key, enter);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        };
        waiting.set(key, (waiting.get(key) ?? new Set()).add(enter));
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    release() {
      const enter = next();
      if (enter === undefined) free += 1;
      else enter();
    },
  };
}
