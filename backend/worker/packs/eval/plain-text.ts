import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { editDistance } from "./edit-distance.ts";
import { folded } from "./folding.ts";
import { bestOf, expectedTexts, passOrFail, type Scorer } from "./scorer.ts";

export function exact(metric: MetricOf<"exact">): Scorer {
  return bestOf((output, reference) => passOrFail(folded(output, metric) === folded(reference, metric)));
}

/** What is sought may fold to nothing; then every output has it. */
export function contains(metric: MetricOf<"contains"> | MetricOf<"contains_any">): Scorer {
  return bestOf((output, reference) => passOrFail(folded(output, metric).includes(folded(reference, metric))));
}

export function containsAll(metric: MetricOf<"contains_all">): Scorer {
  return (item) => {
    const output = folded(item.output, metric);
    const sought = expectedTexts(item);
    const missing = sought.filter((text) => !output.includes(folded(text, metric))).length;
    const note = missing === 0 ? {} : { note: `${missing} of ${sought.length} are missing` };
    return { score: (sought.length - missing) / sought.length, ...note };
  };
}

/** 1 - distance / length of the longer text, in code points; two empty texts are equal. */
export function levenshtein(metric: MetricOf<"levenshtein">): Scorer {
  return bestOf((written, reference) => {
    const output = Array.from(folded(written, metric));
    const expected = Array.from(folded(reference, metric));
    const longer = Math.max(output.length, expected.length);
    return { score: longer === 0 ? 1 : 1 - editDistance(output, expected) / longer };
  });
}
