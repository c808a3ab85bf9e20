import type { ComplianceRule } from "#core/domain/packs/compliance.ts";

/** critical and high make the verdict FAIL, medium makes it REVIEW, low leaves it at PASS. */
export type Severity = "critical" | "high" | "medium" | "low";

/** Where something was found: UTF-16 code units from the start of the text, `end` exclusive. Never what was found. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly severity: Severity;
  /** 0-1; that of its rule where it is absent. */
  readonly confidence?: number;
  /** What of its rule's kinds it is, where the rule has several. */
  readonly kind?: string;
}

/** What the caller says of the text. */
export interface Hints {
  /** Countries in whose national form phone numbers are sought, as ISO 3166 codes. */
  readonly regions?: readonly string[] | undefined;
}

/**
 * Looks for one kind of thing. Between two values it does a bounded amount of work, or one pass of a pattern over the
 * text; `undefined` says that nothing was found here. The whole must be linear in the text: a pattern's unbounded part comes
 * last, or begins only where another cannot, and what a loop has read is not read again from a later beginning.
 */
export type Scan = (text: string, hints?: Hints) => Iterable<Span | undefined>;

export interface Rule {
  readonly name: ComplianceRule;
  readonly scan: Scan;
}

/** Pattern of the place after a line's end or tab written as an escape, as JSON does: not the inside of a word. */
export const AFTER_ESCAPE = String.raw`(?<=\\[nrt])`;

/** Pattern of the place where a token may begin: outside of a word, or after an escape, `%20` and the like included. */
export const TOKEN_START = String.raw`(?:(?<![A-Za-z0-9])|${AFTER_ESCAPE}|(?<=%[0-9A-Fa-f]{2}))`;

/** Hyphens, dashes and the minus sign. */
export const DASHES = String.raw`\u2010-\u2015\u2212-`;
/** Spaces that stand within a line, those of no width included. */
export const SPACES = String.raw` \u00A0\u2000-\u200B\u202F\u2060`;

/** The number of characters in `text` before `index`, up to `most`, for which `isPart` holds. */
export function countBack(text: string, index: number, most: number, isPart: (unit: number) => boolean): number {
  let count = 0;
  while (count < most && index - count > 0 && isPart(text.charCodeAt(index - count - 1))) count++;
  return count;
}

/** True for ASCII letters and digits. */
export function isAlphanumeric(char: string | undefined): boolean {
  return char !== undefined && /^[A-Za-z0-9]$/.test(char);
}
