import type { Rate } from "./plan.ts";

/** Sums of fractions of a millisecond are off by less than this. */
const ROUNDING_MS = 0.001;

/** The outcome of one GCRA test; `tat_ms` is the theoretical arrival time to remember when it was allowed. */
export type GcraVerdict =
  | { readonly allowed: true; readonly tat_ms: number }
  | { readonly allowed: false; readonly retry_after_ms: number };

/**
 * The generic cell rate algorithm (ITU-T I.371) on a remembered arrival time in Unix milliseconds. A time further
 * ahead than the rate allows (the clock was set back) says nothing: one request may come, the next must wait. Were it
 * kept, it would refuse everybody until the clock has caught up.
 */
export function gcra(rate: Rate, stored_tat_ms: number | undefined, now_ms: number): GcraVerdict {
  const interval = 60_000 / rate.per_minute;
  const window = interval * rate.burst;
  const remembered = Math.max(stored_tat_ms ?? now_ms, now_ms);
  const tat = remembered > now_ms + window + ROUNDING_MS ? now_ms + window - interval : remembered;
  const wait = tat + interval - window - now_ms;
  return wait > ROUNDING_MS ? { allowed: false, retry_after_ms: wait } : { allowed: true, tat_ms: tat + interval };
}
