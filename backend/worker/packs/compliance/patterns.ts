import { RE2JS } from "re2js";
import { type ComplianceInputs, CUSTOM_RULE } from "#core/domain/packs/compliance.ts";
import { compilePattern } from "../eval/regex.ts";
import { Rejected } from "../eval/rejected.ts";
import { type Finding, findingOf } from "./findings.ts";

/** A longer line is read in pieces of so many characters, each of which begins before the last one's end. */
const WINDOW = 1_000;
const OVERLAP = 200;
/** After a match the rest of its piece may be read again: how often that may be, for the whole of the text. */
const MOST_READ_AGAIN = 20;
const READ_AGAIN_ANYWAY = 200_000;

type Pattern = NonNullable<ComplianceInputs["patterns"]>[number];

/** The pieces of a text in which a match may lie, and where a match must begin to be of this piece. */
function* windows(text: string): Generator<{ readonly start: number; readonly end: number; readonly until: number }> {
  let line = 0;
  while (line < text.length) {
    const feed = text.indexOf("\n", line);
    const last = feed < 0 ? text.length : feed;
    for (let start = line; start < last; start += WINDOW - OVERLAP) {
      const end = Math.min(last, start + WINDOW);
      yield { start, end, until: end === last ? end : start + WINDOW - OVERLAP };
      if (end === last) break;
    }
    line = last + 1;
  }
}

function* matchesOf(text: string, re: RE2JS, pointer: string): Generator<readonly [start: number, end: number]> {
  let from = 0;
  let left = text.length * MOST_READ_AGAIN + READ_AGAIN_ANYWAY;
  for (const { start, end, until } of windows(text)) {
    const matcher = re.matcher(text.slice(start, end));
    let at = Math.max(0, from - start);
    while (at < until - start && matcher.find(at)) {
      left -= end - start - at;
      if (left < 0)
        throw new Rejected("PATTERN_TOO_COSTLY", `${pointer}: matches too often in lines that are too long.`);
      const [first, last] = [start + matcher.start(), start + matcher.end()];
      if (first >= until) break;
      if (last > first) yield [first, last];
      at = Math.max(matcher.end(), at + 1);
      from = start + at;
    }
  }
}

/** What the caller's own patterns match. Throws `Rejected` for one that is invalid, or that would read the text too often. */
export function searchPatterns(text: string, patterns: readonly Pattern[] = []): readonly Finding[] {
  const compiled = patterns.map(({ pattern, ignore_case }, index) => {
    const pointer = `/inputs/patterns/${index}/pattern`;
    return { pointer, re: compilePattern(pattern, ignore_case === true ? RE2JS.CASE_INSENSITIVE : 0, pointer).re };
  });
  return patterns.flatMap(({ name, severity = "medium" }, index) => {
    const one = compiled[index];
    if (one === undefined) return [];
    return Array.from(matchesOf(text, one.re, one.pointer), ([start, end]) =>
      findingOf(CUSTOM_RULE, { start, end, severity, kind: name }),
    );
  });
}
