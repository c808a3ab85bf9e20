import { type Finding, findingOf } from "./findings.ts";
import type { Hints, Rule } from "./span.ts";
import { asciiTwins, decoded } from "./written.ts";

function searchOnce(text: string, rules: readonly Rule[], hints: Hints): Finding[] {
  const found: Finding[] = [];
  for (const { name, scan } of rules) {
    for (const span of scan(text, hints)) if (span !== undefined) found.push(findingOf(name, span));
  }
  return found;
}

/**
 * Everything that the rules find, overlaps included: in the text as it is written, and in the text that its escapes stand
 * for, where it has some.
 */
export function search(text: string, rules: readonly Rule[], hints: Hints = {}): readonly Finding[] {
  const plain = asciiTwins(text);
  const read = decoded(plain);
  const found = searchOnce(plain, rules, hints);
  if (read === undefined) return found;
  const inRead = searchOnce(asciiTwins(read.text), rules, hints).map((finding) => ({
    ...finding,
    start: read.at[finding.start] ?? 0,
    end: read.at[finding.end] ?? text.length,
  }));
  return [...found, ...inRead];
}
