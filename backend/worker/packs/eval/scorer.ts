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

/** A scorer of one text against another, for cases with several: the best counts, the first among equals. */
export function bestOf(score: (output: string, reference: string) => Scored): Scorer {
  return (item) => {
    let best: Scored | undefined;
    for (const reference of expectedTexts(item)) {
      const one = score(item.output, reference);
      if (best === undefined || one.score > best.score) best = one;
    }
    if (best === undefined) throw new TypeError("nothing is expected");
    return best;
  };
}
