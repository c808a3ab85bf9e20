import { decimal, meanOf } from "./statistics.ts";

/** How often the cases are drawn; sacreBLEU's paired bootstrap draws as often. */
export const RESAMPLES = 1_000;
const LEVEL = 0.05;

/** Integers of 32 bits from a seed: mulberry32, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Two systems by the scores of the same cases. */
export interface Comparison {
  readonly mean: number;
  readonly baseline_mean: number;
  readonly difference: number;
  readonly difference_95: { readonly low: number; readonly high: number };
  readonly p_value: number;
  readonly better: "output" | "baseline" | "neither";
}

/**
 * Paired bootstrap over cases (Efron and Tibshirani 1993; Koehn 2004): scores in millionths, so that sums are exact. The
 * p-value is of resamples moved so that there is no difference; one is added to both counts, so that it is never 0.
 */
export function compare(scores: readonly number[], baselines: readonly number[], seed: number): Comparison {
  const differences = scores.map((score, at) => score - (baselines[at] ?? 0));
  const count = differences.length;
  const observed = differences.reduce((sum, one) => sum + one, 0);
  const next = generator(seed);
  const sums = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < count; drawn++) sum += differences[next() % count] ?? 0;
    return sum;
  }).toSorted((a, b) => a - b);
  const extreme = sums.filter((sum) => Math.abs(sum - observed) >= Math.abs(observed)).length;
  const p_value = observed === 0 ? 1 : Math.min(1, (extreme + 1) / (RESAMPLES + 1));
  const inMillionths = (sum: number) => decimal(Math.round(sum / count));
  const quantile = (share: number) => inMillionths(sums[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] ?? 0);
  const isClear = p_value < LEVEL && observed !== 0;
  return {
    mean: decimal(meanOf(scores)),
    baseline_mean: decimal(meanOf(baselines)),
    difference: inMillionths(observed),
    difference_95: { low: quantile(LEVEL / 2), high: quantile(1 - LEVEL / 2) },
    p_value: decimal(Math.round(p_value * 1_000_000)),
    better: isClear ? (observed > 0 ? "output" : "baseline") : "neither",
  };
}
