import type { ComplianceRule } from "#core/domain/packs/compliance.ts";

/** critical and high make the verdict FAIL, medium makes it REVIEW, low leaves it at PASS. */
export type Severity = "critical" | "high" | "medium" | "low";

/** Where something was found: UTF-16 code units from the start of the text, `end` exclusive. Never what was found. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly severity: Severity;
}

/**
 * Looks for one kind of thing. Between two values it does a bounded amount of work, or one pass of a pattern over the
 * text; `undefined` says that nothing was found here and the event loop may have its turn. The whole is linear in the
 * text: a pattern's unbounded part comes last, or begins only where another cannot, so that no text is read over again.
 */
export type Scan = (text: string) => Iterable<Span | undefined>;

export interface Rule {
  readonly name: ComplianceRule;
  readonly scan: Scan;
}

/** Pattern of the place after a line's end or tab written as an escape, as JSON does: not the inside of a word. */
export const AFTER_ESCAPE = String.raw`(?<=\\[nrt])`;

/** Pattern of the place where a token may begin: outside of a word, or after an escape, `%20` and the like included. */
export const TOKEN_START = String.raw`(?:(?<![A-Za-z0-9])|${AFTER_ESCAPE}|(?<=%[0-9A-Fa-f]{2}))`;

/** The number of characters in `text` before `index`, up to `most`, for which `isPart` holds. */
export function countBack(text: string, index: number, most: number, isPart: (unit: number) => boolean): number {
  let count = 0;
  while (count < most && index - count > 0 && isPart(text.charCodeAt(index - count - 1))) count++;
  return count;
}

/** True for ASCII letters, digits and the underscore. */
export function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}
