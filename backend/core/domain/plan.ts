import { z } from "zod";

/** A sustained rate and how many requests may come at once (GCRA). */
export interface Rate {
  readonly per_minute: number;
  readonly burst: number;
}

/** The state of a caller's rate limit, for the RateLimit headers. */
export interface RateState {
  readonly limit: number;
  readonly window_ms: number;
  readonly remaining: number;
  /** Until the whole burst is there again. */
  readonly reset_ms: number;
  /** Until the next request may come; 0 unless this one was refused. */
  readonly retry_ms: number;
}

export const scope = z.enum(["submit", "read", "admin"]);
export type Scope = z.infer<typeof scope>;
