import { type BalanceState, type Evidence, groupBy } from "./evidence.ts";

/** One machine, one clock: this covers the rounding of both readings. */
export const CLOCK_SLACK_MS = 5;
/** No commit takes longer, were it for a recovery in its midst. */
const COMMIT_MS = 5_000;

/** A state and the moments at which it may have been the visible one, widest reading. */
export interface Held extends BalanceState {
  readonly until: number;
}

/** A state is written before it is committed, and is seen until the next is committed: before the one after is written. */
export function timeline(states: readonly BalanceState[]): readonly Held[] {
  return states.map((state, index) => {
    const written = (after: number) => states[index + after]?.at ?? Infinity;
    return { ...state, until: Math.min(written(2), written(1) + COMMIT_MS) };
  });
}

export const statesWithin = (held: readonly Held[], from: number, to: number): readonly Held[] => {
  const within: Held[] = [];
  // From the last on: most requests are judged against a few of very many states.
  for (let index = firstAfter(held, to + CLOCK_SLACK_MS) - 1; index >= 0; index -= 1) {
    const state = held[index];
    if (state === undefined || state.until < from - CLOCK_SLACK_MS) break;
    within.push(state);
  }
  return within;
};

function firstAfter(held: readonly Held[], at: number): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((held[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const statesByTenant = (evidence: Evidence): ReadonlyMap<string, readonly BalanceState[]> =>
  groupBy(
    evidence.states.toSorted((a, b) => a.seq - b.seq),
    (each) => each.tenant_id,
  );
