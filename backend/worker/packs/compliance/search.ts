import { type Finding, findingOf } from "./findings.ts";
import type { Hints, Rule } from "./span.ts";
import { asciiTwins, decoded } from "./written.ts";

function* scanned(text: string, { name, scan }: Rule, hints: Hints): Generator<Finding> {
  for (const span of scan(text, hints)) if (span !== undefined) yield findingOf(name, span);
}

/**
 * What each rule finds, overlaps included: in the text as it is written, and in the text that its escapes stand for,
 * where it has some.
 */
export function* search(text: string, rules: readonly Rule[], hints: Hints = {}): Generator<readonly Finding[]> {
  const plain = asciiTwins(text);
  const read = decoded(plain);
  const readText = read === undefined ? "" : asciiTwins(read.text);
  for (const rule of rules) {
    const found = [...scanned(plain, rule, hints)];
    if (read === undefined) {
      yield found;
      continue;
    }
    const inRead = Array.from(scanned(readText, rule, hints), (finding) => ({
      ...finding,
      start: read.at[finding.start] ?? 0,
      end: read.at[finding.end] ?? text.length,
    }));
    yield [...found, ...inRead];
  }
}
