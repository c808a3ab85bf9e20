export interface Clock {
  /** Unix milliseconds. */
  now(): number;
}

/** Waits; an abort ends the wait early without an error. */
export interface Sleeper {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
