import type { Method } from "./method.ts";
import { at, fixed, type Table } from "./table.ts";

export interface Ranked {
  readonly option: string;
  /** Competition ranking: equal scores share a rank and the next one is skipped (1, 1, 3). */
  readonly rank: number;
  readonly score: number;
}

export interface Ranking {
  readonly ranked: readonly Ranked[];
  /** Index of the sole best option; null when several share the first place. */
  readonly winner: number | null;
  /** First score minus second; 0 for a tie. */
  readonly margin: number;
}

/** Orders the options by score, best first; equal scores (to nine decimals) keep the order in which they were listed. */
export function rank(table: Table, method: Method): Ranking {
  const scores = method.scores(table.criteria.map(({ weight }) => weight)).map(fixed);
  const order = [...scores.keys()].toSorted((a, b) => at(scores, b) - at(scores, a) || a - b);
  const ranked = order.map((index) => {
    const score = at(scores, index);
    return { option: at(table.options, index), rank: 1 + scores.filter((other) => other > score).length, score };
  });
  const second = ranked[1];
  if (second === undefined) return { ranked, winner: at(order, 0), margin: at(ranked, 0).score };
  const margin = fixed(at(ranked, 0).score - second.score);
  return { ranked, winner: margin > 0 ? at(order, 0) : null, margin };
}
