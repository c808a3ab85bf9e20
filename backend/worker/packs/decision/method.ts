import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { at, column, scaled, sum, type Table, transpose } from "./table.ts";

/** How one option came to its score. Distances exist only for TOPSIS. */
interface Explanation {
  /** Scores after weighting, by criterion: shares of the total for weighted_sum, coordinates for topsis. */
  readonly weighted: readonly number[];
  readonly to_ideal?: number;
  readonly to_anti_ideal?: number;
}

/** A way to rank. Weights are positive and finite on any scale; only their ratios matter. */
export interface Method {
  /** Scores by option before weighting, 0 to 1, more is better. */
  readonly normalised: readonly (readonly number[])[];
  /** Score of each option, 0 to 1, more is better. */
  scores(weights: readonly number[]): number[];
  explain(weights: readonly number[]): Explanation[];
  /**
   * Every positive weight of criterion `index`, the other weights fixed, at which options `a` and `b` change places.
   * Where they only touch is not listed.
   */
  crossings(weights: readonly number[], index: number, a: number, b: number): number[];
}

/** From where to where the scores of a criterion are normalised. */
interface Range {
  readonly low: number;
  readonly high: number;
}

const rangeOf = (values: readonly number[]): Range => ({ low: Math.min(...values), high: Math.max(...values) });

/** Scores within a range, 0 (worst) to 1 (best) in the criterion's own direction; 1 for all where the range is a point. */
function within(values: readonly number[], range: Range, direction: "max" | "min"): number[] {
  const size = Math.max(Math.abs(range.low), Math.abs(range.high));
  const [low, high] = size === 0 ? [0, 0] : [range.low / size, range.high / size];
  if (high === low) return values.map(() => 1);
  return values.map((value) => (direction === "max" ? value / size - low : high - value / size) / (high - low));
}

/**
 * Min-max scores by option, 0 (worst) to 1 (best) in the criterion's own direction. Where all options score the same,
 * each gets 1: none is worse than the best, and the ranking is not touched.
 */
export function minMax(table: Table): number[][] {
  const columns = table.criteria.map(({ direction }, index) => {
    const values = column(table, index);
    return within(values, rangeOf(values), direction);
  });
  return transpose(columns, table.options.length);
}

/** How the scores of criteria without a scale are made comparable; see the input. */
export type Normalisation = NonNullable<DecisionInputs["normalisation"]>;

/** Shares of the largest score, or of the sum: the larger the better, and where less is better the smaller. */
function shared(values: readonly number[], by: "sum" | "max", direction: "max" | "min"): number[] {
  const useful = direction === "max" ? scaled(values) : scaled(values.map((value) => Math.min(...values) / value));
  const whole = by === "max" ? Math.max(...useful) : sum(useful);
  return useful.map((value) => value / whole);
}

/** The range of all scores whose criteria have no scale. */
function commonRange(table: Table): Range {
  const values = table.criteria.flatMap(({ scale }, index) => (scale === undefined ? column(table, index) : []));
  return rangeOf(values);
}

/** Scores by option, 0 to 1, more is better: by a criterion's scale where it has one, else as asked. */
export function normalised(table: Table, normalisation: Normalisation): number[][] {
  const common = commonRange(table);
  const columns = table.criteria.map(({ direction, scale }, index) => {
    const values = column(table, index);
    if (scale !== undefined) return within(values, { low: scale.min, high: scale.max }, direction);
    if (normalisation === "common") return within(values, common, direction);
    return normalisation === "min_max"
      ? within(values, rangeOf(values), direction)
      : shared(values, normalisation, direction);
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
