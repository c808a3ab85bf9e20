/** A run's place before the processes that all runs share. */
export interface Turn {
  /** Runs of one key take their turns as one. */
  readonly key: string;
  /** Waits for something without the waiting counting as work: for its turn, or for a process of its own to load. */
  wait<T>(something: Promise<T>, what?: "turn" | "loading"): Promise<T>;
}

/** On whose behalf a shared process is asked for; a pack's context is one. */
export interface Asker {
  readonly signal: AbortSignal;
  readonly turn: Turn;
}
