import type { RateState } from "#core/domain/plan.ts";
import type { Problem } from "#core/domain/problem.ts";

/** What `read`, `change` and `submit` return. `rate` is there whenever the shield answered. */
export interface Outcome<T> {
  readonly rate: RateState | undefined;
  readonly verdict: T | Problem;
}
