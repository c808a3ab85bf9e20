import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { editDistance } from "./edit-distance.ts";
import { expectedText, passOrFail, type Scorer } from "./scorer.ts";

type Folding = Pick<MetricOf<"exact">, "ignore_case" | "whitespace">;

function folded(text: string, { ignore_case, whitespace }: Folding): string {
  const spaced = { keep: text, trim: text.trim(), collapse: text.trim().replace(/\s+/g, " ") }[whitespace];
  return ignore_case ? spaced.toLowerCase() : spaced;
}

export function exact(metric: MetricOf<"exact">): Scorer {
  return (item) => passOrFail(folded(item.output, metric) === folded(expectedText(item), metric));
}

/** What is sought may fold to nothing; then every output has it. */
export function contains(metric: MetricOf<"contains">): Scorer {
  return (item) => passOrFail(folded(item.output, metric).includes(folded(expectedText(item), metric)));
}

/** 1 - distance / length of the longer text, in code points; two empty texts are equal. */
export function levenshtein(metric: MetricOf<"levenshtein">): Scorer {
  return (item) => {
    const output = Array.from(folded(item.output, metric));
    const expected = Array.from(folded(expectedText(item), metric));
    const longer = Math.max(output.length, expected.length);
    return { score: longer === 0 ? 1 : 1 - editDistance(output, expected) / longer };
  };
}
