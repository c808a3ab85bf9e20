import { type Method, minMax, shares, sumWithout, weigh } from "./method.ts";
import { at, column, scaled, sum, type Table, transpose } from "./table.ts";

const square = (value: number) => value * value;
const NOISE = 1e-12;

interface Squares {
  /** Squared gaps to the ideal and the anti-ideal before weighting, by option, then criterion. */
  readonly ideal: readonly (readonly number[])[];
  readonly antiIdeal: readonly (readonly number[])[];
  readonly vectors: readonly (readonly number[])[];
}

// The ideal of a criterion is one of its scores whatever the weight, so the gaps can be squared once and weighted later.
function squaresOf(table: Table): Squares {
  const vectors = table.criteria.map((_, index) => {
    const values = scaled(column(table, index));
    const norm = Math.sqrt(sum(values.map(square)));
    return norm === 0 ? values : values.map((value) => value / norm);
  });
  const gaps = (end: "max" | "min") =>
    vectors.map((values, index) => {
      const target = at(table.criteria, index).direction === end ? Math.max(...values) : Math.min(...values);
      return values.map((value) => square(value - target));
    });
  const height = table.options.length;
  return {
    ideal: transpose(gaps("max"), height),
    antiIdeal: transpose(gaps("min"), height),
    vectors: transpose(vectors, height),
  };
}

// Real, simple, positive roots of a*t^2 + b*t + c; the larger root in magnitude first, for it loses no digits.
function roots(a: number, b: number, c: number): number[] {
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(c));
  if (size < Number.MIN_VALUE / NOISE) return [];
  if (Math.abs(a) <= NOISE * size) return [-c / b];
  const discriminant = b * b - 4 * a * c;
  if (discriminant <= NOISE * (b * b + Math.abs(4 * a * c))) return [];
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2;
  return [q / a, c / q];
}

/** TOPSIS after Hwang and Yoon (1981): vector normalisation, Euclidean distances, relative closeness to the ideal. */
export function topsis(table: Table): Method {
  const { ideal, antiIdeal, vectors } = squaresOf(table);
  const distances = (gaps: readonly (readonly number[])[], parts: readonly number[]) =>
    gaps.map((row) => Math.sqrt(sum(weigh(row, parts.map(square)))));

  return {
    normalised: minMax(table),
    scores(weights) {
      const parts = shares(weights);
      const toAntiIdeal = distances(antiIdeal, parts);
      return distances(ideal, parts).map((toIdeal, option) => {
        const away = at(toAntiIdeal, option);
        return toIdeal + away === 0 ? 1 : away / (toIdeal + away);
      });
    },
    explain(weights) {
      const parts = shares(weights);
      const toIdeal = distances(ideal, parts);
      const toAntiIdeal = distances(antiIdeal, parts);
      return vectors.map((row, option) => ({
        weighted: weigh(row, parts),
        to_ideal: at(toIdeal, option),
        to_anti_ideal: at(toAntiIdeal, option),
      }));
    },
    // Closeness rises with (N + t*n) / (P + t*p), where t is the squared weight: comparing two options is a quadratic.
    crossings(weights, index, a, b) {
      const rest = (row: readonly number[]) =>
        sumWithout(row, index, (value, position) => value * square(at(weights, position)));
      const [pA, pB, nA, nB] = [at(ideal, a), at(ideal, b), at(antiIdeal, a), at(antiIdeal, b)];
      const [restPA, restPB, restNA, restNB] = [rest(pA), rest(pB), rest(nA), rest(nB)];
      const [ownPA, ownPB, ownNA, ownNB] = [at(pA, index), at(pB, index), at(nA, index), at(nB, index)];
      return roots(
        ownNA * ownPB - ownNB * ownPA,
        restNA * ownPB + ownNA * restPB - restNB * ownPA - ownNB * restPA,
        restNA * restPB - restNB * restPA,
      )
        .filter((root) => root > 0)
        .map(Math.sqrt);
    },
  };
}
