import { at, column, scaled, type Table, transpose } from "./table.ts";

/** How one option came to its score. Distances exist only for TOPSIS. */
interface Explanation {
  /** Scores after weighting, by criterion: shares of the total for weighted_sum, coordinates for topsis. */
  readonly weighted: readonly number[];
  readonly to_ideal?: number;
  readonly to_anti_ideal?: number;
}

/** A way to rank. Weights are positive and finite on any scale; only their ratios matter. */
export interface Method {
  /** Score of each option, 0 to 1, more is better. */
  scores(weights: readonly number[]): number[];
  explain(weights: readonly number[]): Explanation[];
  /**
   * Every positive weight of criterion `index`, the other weights fixed, at which options `a` and `b` change places.
   * Where they only touch is not listed.
   */
  crossings(weights: readonly number[], index: number, a: number, b: number): number[];
}

/**
 * Min-max scores by option, 0 (worst) to 1 (best) in the criterion's own direction. Where all options score the same,
 * each gets 1: none is worse than the best, and the ranking is not touched.
 */
export function minMax(table: Table): number[][] {
  const columns = table.criteria.map(({ direction }, index) => {
    const values = scaled(column(table, index));
    const low = Math.min(...values);
    const high = Math.max(...values);
    if (high === low) return values.map(() => 1);
    return values.map((value) => (direction === "max" ? value - low : high - value) / (high - low));
  });
  return transpose(columns, table.options.length);
}

/** Sums a row but for one criterion. */
export function sumWithout(row: readonly number[], index: number, term: (value: number, at: number) => number): number {
  return row.reduce((total, value, position) => (position === index ? total : total + term(value, position)), 0);
}

/** The normalised weights, which sum to 1. */
export function shares(weights: readonly number[]): number[] {
  const parts = scaled(weights);
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

/** Multiplies a row by weights, position by position. */
export function weigh(row: readonly number[], weights: readonly number[]): number[] {
  return row.map((value, index) => value * at(weights, index));
}
