import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";
import type { EvalCase } from "#core/domain/packs/eval-checks.ts";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { patternSize } from "#core/domain/packs/eval-measure.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { Rejected } from "./rejected.ts";
import { expectedText, passOrFail, type ChoosyScorer } from "./scorer.ts";

const FLAGS = new Map([
  ["i", RE2JS.CASE_INSENSITIVE],
  ["m", RE2JS.MULTILINE],
  ["s", RE2JS.DOTALL],
]);

export interface Pattern {
  readonly re: RE2JS;
  /** Instructions for each character of a text: what matching may cost at most. */
  readonly size: number;
}

/** Long names of Unicode's general categories (ECMAScript, table 69), which RE2 knows by their short ones alone. */
const CATEGORIES: ReadonlyMap<string, string> = new Map(
  (
    "Letter:L Cased_Letter:L Uppercase_Letter:Lu Lowercase_Letter:Ll Titlecase_Letter:Lt Modifier_Letter:Lm Other_Letter:Lo Mark:M " +
    "Combining_Mark:M Nonspacing_Mark:Mn Spacing_Mark:Mc Enclosing_Mark:Me Number:N Decimal_Number:Nd digit:Nd Letter_Number:Nl " +
    "Other_Number:No Punctuation:P punct:P Connector_Punctuation:Pc Dash_Punctuation:Pd Open_Punctuation:Ps Close_Punctuation:Pe " +
    "Initial_Punctuation:Pi Final_Punctuation:Pf Other_Punctuation:Po Symbol:S Math_Symbol:Sm Currency_Symbol:Sc " +
    "Modifier_Symbol:Sk Other_Symbol:So Separator:Z Space_Separator:Zs Line_Separator:Zl Paragraph_Separator:Zp Other:C " +
    "Control:Cc cntrl:Cc Format:Cf Surrogate:Cs Private_Use:Co"
  )
    .split(" ")
    .map((entry) => entry.split(":") as [string, string]),
);

/** The pattern with classes of Unicode named as RE2 names them. */
const withShortNames = (pattern: string): string =>
  pattern.replaceAll(
    /\\([pP])\{(?:(?:General_Category|gc|Script|sc)=)?([A-Za-z_]{1,40})\}/g,
    (whole, sign: string, name: string) => {
      const short = CATEGORIES.get(name) ?? (whole.includes("=") ? name : undefined);
      return short === undefined ? whole : `\\${sign}{${short}}`;
    },
  );

/**
 * Compiles a pattern for RE2, which matches in linear time; the escapes of ECMAScript that RE2 writes otherwise are
 * translated. Throws `Rejected` with the place, and never with the pattern. `onSize` gets what compiling takes, before it.
 */
export function compilePattern(
  pattern: string,
  flags: number,
  pointer: string,
  onSize: (instructions: number) => void = () => {},
): Pattern {
  const translated = RE2JS.translateRegExp(withShortNames(pattern));
  const { instructions: size, tables } = patternSize(translated);
  if (size + tables > EVAL_LIMITS.max_pattern_instructions) {
    throw new Rejected("PATTERN_INVALID", `${pointer}: expands to too many instructions.`);
  }
  onSize(size + tables);
  try {
    return { re: RE2JS.compile(translated, flags), size };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const why = error instanceof RE2JSSyntaxException ? error.getDescription() : "too large";
    throw new Rejected("PATTERN_INVALID", `${pointer}: is not a pattern of RE2: ${why}.`);
  }
}

export function regex(metric: MetricOf<"regex">, at: number): ChoosyScorer {
  const flags = metric.flags.split("").reduce((bits, flag) => bits | (FLAGS.get(flag) ?? 0), 0);
  const compiled = new Map<string, RE2JS>();
  const patternOf = (text: string, pointer: string): RE2JS => {
    const re = compiled.get(text) ?? compilePattern(text, flags, pointer).re;
    compiled.set(text, re);
    return re;
  };
  const own = metric.pattern;
  const patternFor = (item: EvalCase, index: number): RE2JS =>
    own === undefined
      ? patternOf(expectedText(item), `/inputs/cases/${index}/expected`)
      : patternOf(own, `/inputs/metrics/${at}/pattern`);
  return {
    prepare: patternFor,
    score(item, index) {
      const re = patternFor(item, index);
      return passOrFail(metric.full_match ? re.testExact(item.output) : re.test(item.output));
    },
  };
}
