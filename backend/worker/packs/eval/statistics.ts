/** Scores are counted in millionths, so that sums are exact in any order. */
const MILLION = 1_000_000;

/** A figure of 0-1 in millionths, rounded. */
export const millionths = (value: number): number => Math.round(value * MILLION);

/** Millionths as a figure of at most six decimals. */
export const decimal = (count: number): number => count / MILLION;

/** 97.5% point of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval at 95%, without continuity correction (Wilson 1927). Its ends are exactly 0 and 1 where
 * nothing and everything passed.
 */
export function wilson(passed: number, total: number): { readonly low: number; readonly high: number } {
  const share = passed / total;
  const z2 = (Z * Z) / total;
  const middle = share + z2 / 2;
  const reach = Z * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total));
  return {
    low: passed === 0 ? 0 : (middle - reach) / (1 + z2),
    high: passed === total ? 1 : (middle + reach) / (1 + z2),
  };
}

export interface Summary {
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly passed: number;
  readonly pass_rate: number;
  /** 95% Wilson interval of the pass rate. */
  readonly pass_rate_95: { readonly low: number; readonly high: number };
}

/** Mean of scores in millionths, in millionths. */
export function meanOf(scores: readonly number[]): number {
  return Math.round(scores.reduce((total, score) => total + score, 0) / scores.length);
}

/** Sums up at least one score, in millionths, of which `passed` passed. The median of an even number is the mean of both middle ones. */
export function summarize(scores: readonly number[], passed: number): Summary {
  const sorted = scores.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const { low, high } = wilson(passed, scores.length);
  return {
    mean: decimal(meanOf(scores)),
    median: decimal(meanOf(sorted.slice(Math.floor(half), Math.ceil(half) + 1))),
    min: decimal(sorted[0] ?? 0),
    passed,
    pass_rate: decimal(millionths(passed / scores.length)),
    pass_rate_95: { low: decimal(millionths(low)), high: decimal(millionths(high)) },
  };
}
