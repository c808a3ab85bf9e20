import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { at, fixed, sum } from "./table.ts";

type Pairs = NonNullable<DecisionInputs["pairwise"]>;

/** Mean consistency index of random matrices by their size (Saaty 1980; Alonso and Lamata 2006 from 11 on). */
const RANDOM_INDEX = [0, 0, 0, 0.58, 0.9, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.54, 1.56, 1.57, 1.59];
/** More than enough for fifteen criteria: the distance shrinks by a factor with each. */
const ITERATIONS = 200;

/** AHP: weights as the principal eigenvector of the comparisons, and Saaty's consistency ratio. */
export function weightsByPairs(criteria: readonly { readonly name: string }[], pairs: Pairs) {
  const indexOf = new Map(criteria.map(({ name }, index) => [name, index]));
  const size = criteria.length;
  const matrix = Array.from({ length: size }, () => Array.from({ length: size }, () => 1));
  for (const { criterion, over, times } of pairs) {
    const [a, b] = [indexOf.get(criterion) ?? 0, indexOf.get(over) ?? 0];
    at(matrix, a)[b] = times;
    at(matrix, b)[a] = 1 / times;
  }
  const multiplied = (vector: readonly number[]) =>
    matrix.map((row) => sum(row.map((value, index) => value * at(vector, index))));
  let weights: readonly number[] = matrix.map(() => 1 / size);
  for (let turn = 0; turn < ITERATIONS; turn++) {
    const product = multiplied(weights);
    const total = sum(product);
    weights = product.map((value) => value / total);
  }
  const product = multiplied(weights);
  const eigenvalue = sum(product.map((value, index) => value / at(weights, index))) / size;
  const index = size < 3 ? 0 : (eigenvalue - size) / (size - 1);
  const random = RANDOM_INDEX[size] ?? 0;
  return {
    weights: weights.map((weight) => Number(weight.toPrecision(12))),
    consistency_ratio: random === 0 ? 0 : Math.max(0, fixed(index / random)),
  };
}
