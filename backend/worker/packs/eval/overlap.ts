import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { wordsOf } from "#core/domain/packs/eval-measure.ts";
import { longestCommon } from "./edit-distance.ts";
import { bestOf, type Scorer } from "./scorer.ts";

/** How often each item occurs, and how many there are. */
export interface Counts {
  readonly of: ReadonlyMap<string, number>;
  readonly total: number;
}

export function counted(items: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return { of: counts, total: items.length };
}

/** How many items two lists share, each as often as in the list that has it less often. Looks at the fewer of both. */
export function shared(counts: Pick<Counts, "of">, others: Pick<Counts, "of">): number {
  const [few, many] = counts.of.size < others.of.size ? [counts.of, others.of] : [others.of, counts.of];
  let total = 0;
  for (const [item, count] of few) total += Math.min(count, many.get(item) ?? 0);
  return total;
}

/** Runs of `order` tokens; a token holds no space, so that a space may join them. */
export function ngrams(tokens: readonly string[], order: number): string[] {
  const count = Math.max(0, tokens.length - order + 1);
  return Array.from({ length: count }, (_, at) => tokens.slice(at, at + order).join(" "));
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

type Tokenizing = Pick<MetricOf<"rouge_l">, "tokenize">;

const CHARACTER = /[\p{L}\p{N}]\p{M}*/gu;
const charactersOf = (text: string): readonly string[] => text.toLowerCase().match(CHARACTER) ?? [];

/** F1 of what two texts share. */
const sharedF1 = (ours: Counts, theirs: Counts) => ({ score: f1(shared(ours, theirs), ours.total, theirs.total) });

export function tokenF1({ tokenize }: Tokenizing): Scorer {
  const tokensOf = tokenize === "char" ? charactersOf : squadTokens;
  return bestOf((text) => counted(tokensOf(text)), sharedF1);
}

const roughWords = ({ tokenize }: Tokenizing) => (tokenize === "char" ? charactersOf : wordsOf);

/** Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", equation 1, as an F1. */
export function rougeN(metric: Tokenizing, order: 1 | 2): Scorer {
  const tokensOf = roughWords(metric);
  return bestOf((text) => counted(ngrams(tokensOf(text), order)), sharedF1);
}

/** Equations 2 to 4 of the same, with beta 1. */
export function rougeL(metric: Tokenizing): Scorer {
  return bestOf(roughWords(metric), (ours, theirs) => ({
    score: f1(longestCommon(ours, theirs), ours.length, theirs.length),
  }));
}
