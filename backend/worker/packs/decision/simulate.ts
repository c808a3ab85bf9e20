import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import type { Method } from "./method.ts";
import { at, column, fixed, scaled, type Table, TOLERANCE } from "./table.ts";

type Uncertainty = NonNullable<DecisionInputs["uncertainty"]>;

const DEFAULT_SAMPLES = 1_000;

/** Numbers from 0 to below 1 of a seed: mulberry32, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Monte Carlo: weights and scores are drawn evenly around what was given, and the options ranked, again and again.
 * `least`: of the scores of a criterion without a scale.
 */
export function simulate(table: Table, methodOf: (table: Table) => Method, uncertainty: Uncertainty, least: number) {
  const { weights: offWeights = 0, scores: offScores = 0, samples = DEFAULT_SAMPLES, seed = 0 } = uncertainty;
  const next = generator(seed);
  const around = () => 2 * next() - 1;
  const ranges = table.criteria.map(({ scale }, index) => {
    const values = column(table, index);
    const [low, high] = scale === undefined ? [Math.min(...values), Math.max(...values)] : [scale.min, scale.max];
    const most = Number.MAX_VALUE;
    // Between the ends of what a number can be there may be infinity, of which no share is 0.
    const reach = offScores === 0 ? 0 : Math.min(most, offScores * (high - low));
    return { reach, low: scale?.min ?? least, high: scale?.max ?? most };
  });
  const given = scaled(table.criteria.map(({ weight }) => weight));
  const wins = table.options.map(() => 0);
  for (let sample = 0; sample < samples; sample++) {
    const weights = given.map((weight) => weight * Math.max(TOLERANCE, 1 + offWeights * around()));
    const rows = table.rows.map((row) =>
      row.map((score, index) => {
        const { reach, low, high } = at(ranges, index);
        return Math.min(high, Math.max(low, score + reach * around()));
      }),
    );
    const scores = methodOf({ ...table, rows }).scores(weights);
    const best = Math.max(...scores);
    const leaders = scores.flatMap((score, index) => (best - score <= TOLERANCE ? [index] : []));
    for (const leader of leaders) wins[leader] = at(wins, leader) + 1 / leaders.length;
  }
  return {
    samples,
    seed,
    wins: table.options.map((option, index) => ({ option, share: fixed(at(wins, index) / samples) })),
  };
}
