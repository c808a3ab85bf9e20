import { findPhoneNumbersInText } from "libphonenumber-js/max";
import { AFTER_ESCAPE, type Scan, type Span } from "./span.ts";

/** RFC 3966, 5.1.1 and Google's matcher: what may stand between two digits. */
const MARK = String.raw`[ \u00A0\u202F.()/\u2010-\u2013-]`;
const EXTENSION = String.raw`(?:[ ,;]{0,2}(?:ext(?:ension)?\.?|x|#)[ :.]{0,2}\d{1,7}(?!\w))?`;
/** E.164 with its plus sign: 7 to 15 digits, and one more for a trunk 0 in brackets; no sum, so no space after it. */
const INTERNATIONAL = String.raw`(?:(?<![\w+])|${AFTER_ESCAPE})[+\uFF0B]\(?\d(?:${MARK}{0,3}\d){6,15}${EXTENSION}`;
/** North American numbers as they are usually written, never as ten digits alone. */
const NATIONAL = String.raw`(?:(?:(?<![\w.+-])|${AFTER_ESCAPE})(?:1[ .-])?\d{3}(?<mark>[ .-])|(?<![\d+])(?:1[ .-]?)?\(\d{3}\)[ .-]?)\d{3}[ .-]\d{4}(?![\w-]|\.\d)${EXTENSION}`;
const MIN_DIGITS = 7;
/** How many trailing groups may turn out to be something else than the number's own. */
const MAX_DROPPED = 2;
const LAST_GROUP = /[^\d]+\d+$/;

/** False for a list of numbers: no plan has more than seven groups, or many of a single digit. */
function mayBeNumber(candidate: string): boolean {
  const groups = candidate.match(/\d+/g) ?? [];
  const digits = groups.join("").length;
  return digits >= MIN_DIGITS && groups.length <= 7 && groups.length * 2 <= digits + 3;
}

/** Numbers in ranges that are in use: the library's `max` metadata, for `min` takes many an order number for one. */
function phonesIn(candidate: string, start: number, country?: "US"): Span[] {
  return findPhoneNumbersInText(candidate, country).map(({ startsAt, endsAt }) => {
    return { start: start + startsAt, end: start + endsAt, severity: "medium" };
  });
}

function internationalIn(text: string, start: number, written: string): Span[] {
  const next = text[start + written.length] ?? "";
  if (/^[A-Za-z_]/.test(next)) return [];
  let candidate = /^\d/.test(next) ? written.replace(LAST_GROUP, "") : written;
  for (let dropped = 0; dropped <= MAX_DROPPED; dropped++) {
    const found = mayBeNumber(candidate) ? phonesIn(candidate, start) : [];
    if (found.length > 0) return found;
    candidate = candidate.replace(LAST_GROUP, "");
  }
  return [];
}

/** True for three numbers among other numbers of a table or list, parted by spaces alone. */
function isInList(text: string, start: number, end: number, mark: string | undefined): boolean {
  return (
    mark === " " && (/\d $/.test(text.slice(Math.max(0, start - 2), start)) || /^ \d/.test(text.slice(end, end + 2)))
  );
}

/** Phone numbers: of any country where a plus sign begins them, of North America also in their national form. */
export const scanPhone: Scan = function* (text) {
  for (const { 0: written, index } of text.matchAll(new RegExp(INTERNATIONAL, "g"))) {
    yield undefined;
    yield* internationalIn(text, index, written);
  }
  for (const { 0: written, index, groups } of text.matchAll(new RegExp(NATIONAL, "g"))) {
    yield undefined;
    if (!isInList(text, index, index + written.length, groups?.["mark"])) yield* phonesIn(written, index, "US");
  }
};
