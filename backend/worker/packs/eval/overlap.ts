import { wordsOf } from "#core/domain/packs/eval-measure.ts";
import { longestCommon } from "./edit-distance.ts";
import { expectedText, type Scorer } from "./scorer.ts";

/** How often each item occurs. */
function counted(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** How many items two lists share, each as often as in the list that has it less often. */
export function shared(items: readonly string[], others: readonly string[]): number {
  const counts = counted(others);
  let total = 0;
  for (const [item, count] of counted(items)) total += Math.min(count, counts.get(item) ?? 0);
  return total;
}

/** Harmonic mean of common / output and common / expected. Two empty lists agree; with one empty, nothing does. */
function f1(common: number, output: number, expected: number): number {
  return output + expected === 0 ? 1 : (2 * common) / (output + expected);
}

const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
// Python's \b, on which SQuAD's script relies, takes every letter and digit for part of a word.
const ARTICLES = /(?<![\p{L}\p{N}])(?:a|an|the)(?![\p{L}\p{N}])/gu;

/** Tokens as in SQuAD's evaluate-v2.0.py: lower case, without ASCII punctuation, without a, an and the. */
export function squadTokens(text: string): readonly string[] {
  const bare = text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " ");
  return bare.match(/\S+/g) ?? [];
}

export function tokenF1(): Scorer {
  return (item) => {
    const output = squadTokens(item.output);
    const expected = squadTokens(expectedText(item));
    return { score: f1(shared(output, expected), output.length, expected.length) };
  };
}

/** Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", equations 2 to 4, with beta 1. */
export function rougeL(): Scorer {
  return (item) => {
    const output = wordsOf(item.output);
    const expected = wordsOf(expectedText(item));
    return { score: f1(longestCommon(output, expected), output.length, expected.length) };
  };
}
