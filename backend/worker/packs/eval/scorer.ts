import { type EvalCase, referencesOf } from "#core/domain/packs/eval-checks.ts";

/** How one output did: a score of 0-1 before rounding, and in few words why, where the score alone does not say. */
export interface Scored {
  readonly score: number;
  readonly note?: string;
}

/** A metric made ready for its cases. */
export type Scorer = (item: EvalCase, index: number) => Scored;

/** One that cannot use all inputs: both throw `Rejected`, `score` only for what it finds while scoring. */
export interface ChoosyScorer {
  /** Called for every case before any metric scores any. */
  readonly prepare: (item: EvalCase, index: number) => void;
  readonly score: Scorer;
}

export const passOrFail = (passed: boolean): Scored => ({ score: passed ? 1 : 0 });

/** The text that a case expects; the schema of the inputs has seen to it that it is one. */
export function expectedText({ expected }: EvalCase): string {
  if (typeof expected !== "string") throw new TypeError("expected is no text");
  return expected;
}

/** The texts that a case expects, of which each is right. */
export const expectedTexts = (item: EvalCase): readonly string[] => referencesOf(item).map(String);

/** The best of several scores, the first among equals. */
export function best(scores: Iterable<Scored>): Scored {
  let found: Scored | undefined;
  for (const one of scores) if (found === undefined || one.score > found.score) found = one;
  if (found === undefined) throw new TypeError("nothing is expected");
  return found;
}

/** A scorer of one text against another, for cases with several: the best counts. The output is read once for all. */
export function bestOf<Read>(read: (text: string) => Read, score: (output: Read, reference: Read) => Scored): Scorer {
  return (item) => {
    const output = read(item.output);
    return best(expectedTexts(item).map((reference) => score(output, read(reference))));
  };
}
