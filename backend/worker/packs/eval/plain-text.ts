import { folded, type Folding } from "#core/domain/packs/eval-folding.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { editDistance } from "./edit-distance.ts";
import { holds } from "./substring.ts";
import { bestOf, expectedTexts, passOrFail, type Scorer } from "./scorer.ts";

const reader = (metric: Folding) => (text: string) => folded(text, metric);

export function exact(metric: MetricOf<"exact">): Scorer {
  return bestOf(reader(metric), (output, reference) => passOrFail(output === reference));
}

/** What is sought may fold to nothing; then every output has it. */
export function contains(metric: MetricOf<"contains"> | MetricOf<"contains_any">): Scorer {
  return bestOf(reader(metric), (output, reference) => passOrFail(holds(output, reference)));
}

export function containsAll(metric: MetricOf<"contains_all">): Scorer {
  return (item) => {
    const output = folded(item.output, metric);
    const sought = expectedTexts(item);
    const missing = sought.filter((text) => !holds(output, folded(text, metric))).length;
    const note = missing === 0 ? {} : { note: `${missing} of ${sought.length} are missing` };
    return { score: (sought.length - missing) / sought.length, ...note };
  };
}

/** 1 - distance / length of the longer text, in code points; two empty texts are equal. */
export function levenshtein(metric: MetricOf<"levenshtein">): Scorer {
  const read = (text: string) => Array.from(folded(text, metric));
  return bestOf(read, (output, expected) => {
    const longer = Math.max(output.length, expected.length);
    return { score: longer === 0 ? 1 : 1 - editDistance(output, expected) / longer };
  });
}
