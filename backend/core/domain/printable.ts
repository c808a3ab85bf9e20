/**
 * What changes a terminal or the order in which a line is read: controls (ESC and the C1 range among them), the two
 * separators of Unicode, and the controls of its bidirectional algorithm (UAX #9).
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const EVERY_UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

export const isPrintable = (text: string): boolean => !UNPRINTABLE.test(text);

/** For names and other lines that people read. */
export const PRINTABLE = "must not have control characters or bidirectional controls in it";

/** The text with each such character as \uXXXX, as JSON writes it; line feeds stay. */
export function escapeUnprintable(text: string): string {
  if (isPrintable(text)) return text;
  return text.replace(EVERY_UNPRINTABLE, (char) => (char === "\n" ? char : escaped(char)));
}

/** The same of one cell of a line, in which a line feed is escaped too. */
export const escapeLine = (text: string): string => text.replace(EVERY_UNPRINTABLE, escaped);

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
