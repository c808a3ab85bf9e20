import type { Method } from "./method.ts";
import { at, scaled, sum, TOLERANCE, type Table } from "./table.ts";

/** The nearest raw weight of one criterion beyond which another option leads, the other weights as given. */
export interface Sensitivity {
  readonly criterion: string;
  readonly weight: number;
  /** At this weight the winner is caught up; null when no weight from 0 upwards changes the winner. */
  readonly switch_weight: number | null;
  /** `switch_weight - weight`: negative when the weight must fall. */
  readonly change: number | null;
  /** Who leads just past `switch_weight`; several only when they stay tied. */
  readonly new_winners: readonly string[];
}

interface Crossing {
  readonly weight: number;
  readonly option: number;
}

const SAME = 1e-9;
const PROBE = 1e-6;
const NOISE = 1e-13;
const DIGITS = 12;

const significant = (value: number) => Number(value.toPrecision(DIGITS)) + 0;

// A threshold whose share of all weights is below the tolerance, or leaves the others less than that, is noise.
function crossingsOf(method: Method, weights: readonly number[], index: number, winner: number): Crossing[] {
  const others = sum(weights) - at(weights, index);
  return weightsOfRivals(method, weights, index, winner).filter(({ weight }) => {
    const share = weight / (others + weight);
    return share > TOLERANCE && share < 1 - TOLERANCE;
  });
}

function weightsOfRivals(method: Method, weights: readonly number[], index: number, winner: number): Crossing[] {
  const count = method.scores(weights).length;
  const found: Crossing[] = [];
  for (let option = 0; option < count; option += 1) {
    if (option === winner) continue;
    for (const weight of method.crossings(weights, index, winner, option)) found.push({ weight, option });
  }
  return found;
}

// Several rivals may catch up at one weight; who leads beyond it shows just past it.
function leadersPast(method: Method, weights: readonly number[], index: number, met: readonly Crossing[]): number[] {
  const here = at(met, 0).weight;
  const past = here > at(weights, index) ? here * (1 + PROBE) : here * (1 - PROBE);
  const scores = method.scores(weights.map((weight, position) => (position === index ? past : weight)));
  const best = Math.max(...met.map(({ option }) => at(scores, option)));
  return met.filter(({ option }) => best - at(scores, option) <= NOISE).map(({ option }) => option);
}

function nearest(crossings: readonly Crossing[], current: number): Crossing | undefined {
  const distance = ({ weight }: Crossing) => Math.abs(weight - current);
  return crossings.reduce<Crossing | undefined>(
    (best, next) => (best === undefined || distance(next) < distance(best) ? next : best),
    undefined,
  );
}

/**
 * For each criterion the smallest change of its raw weight that makes another option lead, exact up to rounding: a
 * linear equation for weighted_sum, a quadratic in the squared weight for topsis. Needs a sole winner.
 */
export function sensitivityOf(table: Table, method: Method, winner: number): Sensitivity[] {
  const raw = table.criteria.map(({ weight }) => weight);
  const unit = Math.max(...raw);
  const weights = scaled(raw);
  return table.criteria.map(({ name, weight }, index) => {
    const unchanged = { criterion: name, weight, switch_weight: null, change: null, new_winners: [] };
    const current = at(weights, index);
    const crossings = crossingsOf(method, weights, index, winner);
    const first = nearest(crossings, current);
    if (first === undefined || !Number.isFinite(first.weight * unit)) return unchanged;
    const met = crossings.filter((crossing) => Math.abs(crossing.weight - first.weight) <= SAME * first.weight);
    const leaders = leadersPast(method, weights, index, met);
    return {
      criterion: name,
      weight,
      switch_weight: significant(first.weight * unit),
      change: significant((first.weight - current) * unit),
      new_winners: [...new Set(leaders)].toSorted((a, b) => a - b).map((option) => at(table.options, option)),
    };
  });
}
