import type { EvalCase } from "#core/domain/packs/eval-checks.ts";

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
