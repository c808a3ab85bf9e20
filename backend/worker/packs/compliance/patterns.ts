import { RE2JS } from "re2js";
import { COMPLIANCE_LIMITS, type ComplianceInputs, CUSTOM_RULE } from "#core/domain/packs/compliance.ts";
import { compilePattern } from "../eval/regex.ts";
import { Rejected } from "../eval/rejected.ts";
import { type Finding, findingOf, resolveOverlaps } from "./findings.ts";

/** Of a longer line so much is read at once, and the last of it again: a match that is longer than this may be missed. */
const { pattern_window_chars: WINDOW, pattern_overlap_chars: OVERLAP } = COMPLIANCE_LIMITS;
/** What it takes to begin, in each line and after each match. */
const STEPS_OF_A_FIND = 20;

type Pattern = NonNullable<ComplianceInputs["patterns"]>[number];

interface Compiled {
  readonly re: RE2JS;
  readonly size: number;
  readonly pointer: string;
}

/** How many steps are left for all patterns: to begin, and (instructions x characters) to read again. */
interface Steps {
  left: number;
}

/** Where one pattern matches in one line. What is read again, after a match or for a longer one, is paid in `steps`. */
function* matchesInLine(
  text: string,
  [line, last]: readonly [start: number, end: number],
  { re, size, pointer }: Compiled,
  steps: Steps,
): Generator<readonly [start: number, end: number]> {
  let end = line;
  let read = line;
  for (let at = line; at < last;) {
    if (at >= (end === last ? last : end - OVERLAP)) end = Math.min(last, at + WINDOW);
    const until = end === last ? last : end - OVERLAP;
    steps.left -= STEPS_OF_A_FIND + size * Math.max(0, Math.min(read, end) - at);
    if (steps.left < 0)
      throw new Rejected("PATTERN_TOO_COSTLY", `${pointer}: matches too often, or the text has too many lines.`);
    read = Math.max(read, end);
    // With the character before it, by which a line's start and a word's boundary are known.
    const back = Math.max(line, at - 1);
    const matcher = re.matcher(text.slice(back, end));
    const first = matcher.find(at - back) ? back + matcher.start() : until;
    if (first >= until) at = until;
    else if (back + matcher.end() === end && end < last) end = Math.min(last, first + 2 * (end - first));
    else {
      const past = back + matcher.end();
      if (past > first) yield [first, past];
      at = Math.max(past, at + 1);
      end = Math.min(end, at + WINDOW);
    }
  }
}

function* matchesOf(text: string, compiled: Compiled, steps: Steps): Generator<readonly [start: number, end: number]> {
  for (let line = 0; line < text.length;) {
    const feed = text.indexOf("\n", line);
    const last = feed < 0 ? text.length : feed;
    yield* matchesInLine(text, [line, last], compiled, steps);
    line = last + 1;
  }
}

/**
 * What the caller's own patterns match, none overlapping. Throws `Rejected` for one that is invalid, or where they would read
 * the text too often.
 */
export function searchPatterns(text: string, patterns: readonly Pattern[] = []): readonly Finding[] {
  const compiled = patterns.map(({ pattern, ignore_case }, index) => {
    const pointer = `/inputs/patterns/${index}/pattern`;
    const { re, size } = compilePattern(pattern, ignore_case === true ? RE2JS.CASE_INSENSITIVE : 0, pointer);
    return { pointer, re, size: Math.max(1, size) };
  });
  const steps: Steps = { left: COMPLIANCE_LIMITS.max_pattern_steps };
  let found: readonly Finding[] = [];
  for (const [index, { name, severity = "medium" }] of patterns.entries()) {
    const one = compiled[index];
    if (one === undefined) continue;
    const own = Array.from(matchesOf(text, one, steps), ([start, end]) =>
      findingOf(CUSTOM_RULE, { start, end, severity, kind: name }),
    );
    // Merged at once: all of them together are no more than the text has characters.
    found = resolveOverlaps([...found, ...own]);
  }
  return found;
}
