/** What a process expects of its own loops, so that one that hangs is seen. */
export interface Liveness {
  /** The loop turns now, and does so again within this time. */
  turn(loop: string, within_ms: number): void;
  /** Makes a call of the loop, which ends within this time. */
  during<T>(loop: string, within_ms: number, call: () => Promise<T>): Promise<T>;
}
