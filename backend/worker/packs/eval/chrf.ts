import { foldCase } from "#core/domain/packs/eval-folding.ts";
import { CHRF_ORDERS } from "#core/domain/packs/eval-limits.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { counted, shared } from "./overlap.ts";
import { best, expectedTexts, type Scorer } from "./scorer.ts";

/** Popović 2015, and sacreBLEU's default: recall weighs four times as much. */
const BETA_SQUARED = 4;

function runs(characters: readonly string[], order: number): string[] {
  return Array.from({ length: Math.max(0, characters.length - order + 1) }, (_, at) =>
    characters.slice(at, at + order).join(""),
  );
}

/** Sums over the orders that an output and a reference both have. */
interface Sums {
  precision: number;
  recall: number;
  orders: number;
}

/** For each reference its sums. Order by order, so that what is counted of the output is counted once for all. */
function sumsOf(output: readonly string[], references: readonly (readonly string[])[]): readonly Sums[] {
  const all = references.map((reference) => ({ reference, sums: { precision: 0, recall: 0, orders: 0 } }));
  for (let order = 1; order <= CHRF_ORDERS && order <= output.length; order++) {
    const ours = counted(runs(output, order));
    for (const { reference, sums } of all) {
      if (reference.length < order) continue;
      const theirs = counted(runs(reference, order));
      const common = shared(ours, theirs);
      sums.precision += common / ours.total;
      sums.recall += common / theirs.total;
      sums.orders += 1;
    }
  }
  return all.map(({ sums }) => sums);
}

/** The F-score; 0 where nothing is shared. */
function fScore({ precision, recall, orders }: Sums): number {
  if (orders === 0 || precision + recall === 0) return 0;
  const [p, r] = [precision / orders, recall / orders];
  return ((1 + BETA_SQUARED) * p * r) / (BETA_SQUARED * p + r);
}

export function chrf({ ignore_case }: Pick<MetricOf<"chrf">, "ignore_case">): Scorer {
  const charactersOf = (text: string) => Array.from((ignore_case ? foldCase(text) : text).replaceAll(/\s+/g, ""));
  return (item) => {
    const sums = sumsOf(charactersOf(item.output), expectedTexts(item).map(charactersOf));
    return best(sums.map((one) => ({ score: fScore(one) })));
  };
}
