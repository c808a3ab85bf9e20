import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { foldCase } from "./folding.ts";
import { shared } from "./overlap.ts";
import { bestOf, type Scorer } from "./scorer.ts";

/** Popović 2015, and sacreBLEU's defaults: runs of up to six characters, recall weighs four times as much. */
const MAX_ORDER = 6;
const BETA_SQUARED = 4;

function runs(characters: readonly string[], order: number): string[] {
  return Array.from({ length: Math.max(0, characters.length - order + 1) }, (_, at) =>
    characters.slice(at, at + order).join(""),
  );
}

/** F-score over the orders that both texts have; 0 where none is shared. */
function chrfOf(output: readonly string[], reference: readonly string[]): number {
  let precision = 0;
  let recall = 0;
  let orders = 0;
  for (let order = 1; order <= MAX_ORDER; order++) {
    const [ours, theirs] = [runs(output, order), runs(reference, order)];
    if (ours.length === 0 || theirs.length === 0) continue;
    const common = shared(ours, theirs);
    precision += common / ours.length;
    recall += common / theirs.length;
    orders += 1;
  }
  if (orders === 0 || precision + recall === 0) return 0;
  const [p, r] = [precision / orders, recall / orders];
  return ((1 + BETA_SQUARED) * p * r) / (BETA_SQUARED * p + r);
}

export function chrf({ ignore_case }: Pick<MetricOf<"chrf">, "ignore_case">): Scorer {
  const charactersOf = (text: string) => Array.from((ignore_case ? foldCase(text) : text).replaceAll(/\s+/g, ""));
  return bestOf((output, reference) => ({ score: chrfOf(charactersOf(output), charactersOf(reference)) }));
}
