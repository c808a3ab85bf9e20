/** A run's place before the processes that all runs share. */
export interface Turn {
  /** Runs of one key take their turns as one. */
  readonly key: string;
  /** Waits for something without the waiting counting as work. */
  wait<T>(something: Promise<T>): Promise<T>;
}

/** On whose behalf a shared process is asked for; a pack's context is one. */
export interface Asker {
  readonly signal: AbortSignal;
  readonly turn: Turn;
}
