import { type Finding, findingOf } from "./findings.ts";
import type { Rule } from "./span.ts";

/** Everything that the rules find, overlaps included. */
export function search(text: string, rules: readonly Rule[]): readonly Finding[] {
  const found: Finding[] = [];
  for (const { name, scan } of rules) {
    for (const span of scan(text)) if (span !== undefined) found.push(findingOf(name, span));
  }
  return found;
}
