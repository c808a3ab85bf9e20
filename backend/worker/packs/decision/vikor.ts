import { type Method, minMax, shares, weigh } from "./method.ts";
import { at, sum, type Table } from "./table.ts";

/** Weight of the strategy of the majority of criteria against that of the worst one. */
const MAJORITY = 0.5;
/** Weights that are tried for a change of places, by their ratio to the largest: from a thousandth to a thousand times. */
const GRID = Array.from({ length: 61 }, (_, step) => 10 ** ((step - 30) / 10));
const HALVINGS = 45;

const spread = (values: readonly number[]) => {
  const low = Math.min(...values);
  const size = Math.max(...values) - low;
  return values.map((value) => (size === 0 ? 0 : (value - low) / size));
};

/**
 * VIKOR (Opricovic and Tzeng 2004): 1 less Q, a compromise between the sum of regrets and the largest one. Where options
 * change places is sought on a grid of weights and then by halving, for no equation says it.
 */
export function vikor(table: Table): Method {
  const rows = minMax(table);
  const lacks = rows.map((row) => row.map((value) => 1 - value));
  const regrets = (weights: readonly number[]) => {
    const parts = shares(weights);
    return lacks.map((row) => weigh(row, parts));
  };
  const scores = (weights: readonly number[]): number[] => {
    const all = regrets(weights);
    const [sums, worst] = [spread(all.map(sum)), spread(all.map((row) => Math.max(...row)))];
    return sums.map((value, index) => 1 - (MAJORITY * value + (1 - MAJORITY) * at(worst, index)));
  };
  const tried = new Map<string, readonly { readonly weight: number; readonly scores: readonly number[] }[]>();
  const along = (weights: readonly number[], index: number) => {
    const key = `${index}:${weights.join(",")}`;
    const known = tried.get(key);
    if (known !== undefined) return known;
    const unit = Math.max(...weights);
    const points = GRID.map((ratio) => ({ weight: ratio * unit, scores: scores(weights.with(index, ratio * unit)) }));
    tried.set(key, points);
    return points;
  };
  const lead = (weights: readonly number[], index: number, weight: number, a: number, b: number) => {
    const all = scores(weights.with(index, weight));
    return at(all, a) - at(all, b);
  };
  return {
    normalised: rows,
    scores,
    explain: (weights) => regrets(weights).map((row) => ({ weighted: row })),
    crossings(weights, index, a, b) {
      const points = along(weights, index);
      return points.slice(1).flatMap((point, step) => {
        const before = at(points, step);
        const [from, to] = [at(before.scores, a) - at(before.scores, b), at(point.scores, a) - at(point.scores, b)];
        if (from * to >= 0) return [];
        let [low, high] = [before.weight, point.weight];
        for (let turn = 0; turn < HALVINGS; turn++) {
          const middle = (low + high) / 2;
          if (lead(weights, index, middle, a, b) * from > 0) low = middle;
          else high = middle;
        }
        return [(low + high) / 2];
      });
    },
  };
}
