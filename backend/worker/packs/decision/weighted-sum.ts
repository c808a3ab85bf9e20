import { type Method, type Normalisation, normalised, shares, sumWithout, weigh } from "./method.ts";
import { at, sum, TOLERANCE, type Table } from "./table.ts";

/** Weights times rows, added up: every method whose scores are linear in its weights. */
export function linear(rows: readonly (readonly number[])[]): Method {
  const weighted = (weights: readonly number[]) => rows.map((row) => weigh(row, shares(weights)));
  return {
    normalised: rows,
    scores: (weights) => weighted(weights).map(sum),
    explain: (weights) => weighted(weights).map((row) => ({ weighted: row })),
    // The lead of a over b is rest + x * slope, so it changes sign once, at -rest / slope.
    crossings(weights, index, a, b) {
      const gap = at(rows, a).map((value, position) => value - at(at(rows, b), position));
      const slope = at(gap, index);
      if (Math.abs(slope) <= TOLERANCE) return [];
      const rest = sumWithout(gap, index, (value, position) => value * at(weights, position));
      const root = -rest / slope;
      return root > 0 ? [root] : [];
    },
  };
}

/** Simple additive weighting (Fishburn 1967) over scores that were normalised as asked. */
export const weightedSum = (table: Table, normalisation: Normalisation): Method =>
  linear(normalised(table, normalisation));
