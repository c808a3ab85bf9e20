import { AFTER_ESCAPE, DASHES, type Scan, SPACES } from "./span.ts";

/** Issuer ranges in use, by first digits, and their lengths (ISO/IEC 7812; each scheme's own publication). */
const ISSUERS: readonly (readonly [from: string, to: string, ...lengths: number[]])[] = [
  ["4", "4", 16, 19], // Visa; its 13 digits are no longer issued and are the shape of a European bar code
  ["51", "55", 16], // Mastercard
  ["2221", "2720", 16],
  ["34", "34", 15], // American Express
  ["37", "37", 15],
  ["300", "305", 14, 16, 19], // Diners Club
  ["3095", "3095", 14, 16, 19],
  ["36", "36", 14, 16, 19],
  ["38", "39", 14, 16, 19],
  ["6011", "6011", 16, 17, 18, 19], // Discover
  ["644", "659", 16, 17, 18, 19],
  ["3528", "3589", 16, 17, 18, 19], // JCB
  ["62", "62", 16, 17, 18, 19], // UnionPay
  ["81", "81", 16, 17, 18, 19],
  ["5018", "5018", 12, 13, 14, 15, 17], // Maestro
  ["5020", "5020", 12, 13, 14, 15, 17],
  ["5038", "5038", 12, 13, 14, 15, 17],
  ["5893", "5893", 12, 13, 14, 15, 17],
  ["6304", "6304", 12, 13, 14, 15, 17],
  ["6759", "6763", 12, 13, 14, 15, 17],
  ["50", "50", 16, 18, 19], // Maestro, RuPay, Verve, Elo
  ["56", "58", 16, 18, 19],
  ["63", "63", 16, 18, 19],
  ["67", "67", 16, 18, 19],
  ["2200", "2204", 16, 17, 18, 19], // Mir
  ["60", "60", 16], // RuPay, Hipercard
  ["82", "82", 16],
  ["9792", "9792", 16], // Troy
];

/** One mark between groups, the same throughout: up to three spaces, a dash between two, a full stop, as pages and addresses escape them. */
const MARK = String.raw`(?:[${SPACES}]{1,3}|[ \u00A0]?[${DASHES}][ \u00A0]?|[._+]|&nbsp;|&#160;|%20)`;
/** A full stop before more digits makes a fraction, but for the `.0` that tables of numbers write; a comma parts fields. */
const BARE = String.raw`\d{12,19}(?![A-Za-z0-9]|\.(?!0{1,2}(?!\d))\d)`;
const GROUPED = String.raw`\d{4}(${MARK})(?:\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3}(?![A-Za-z0-9]))?|\d{6}\1\d{4,5})(?![A-Za-z0-9])`;
const HALVES = String.raw`\d{8}${MARK}\d{8}(?![A-Za-z0-9])`;
/** Outside of a word, after the name of the number, or where the tracks of a card begin (ISO/IEC 7813). */
const START = String.raw`(?:(?<![A-Za-z0-9+])|${AFTER_ESCAPE}|(?<=(?:[Cc]ard|CARD|[^A-Za-z]pan|[^A-Za-z]cc|[^A-Za-z]no|[^A-Za-z]nr|[Nn]um|[Nn]umber|NUMBER))|(?<=(?<![A-Za-z0-9])%?[Bb])(?=\d{12,19}\^))`;
const CANDIDATE = String.raw`${START}(?<!\d[._${DASHES}])(?:${BARE}|${GROUPED}|${HALVES})`;
const FIRST_GROUP = /^\d+/;
const LAST_GROUP = /(?:[^\d&%]|&nbsp;|&#160;|%20){1,3}\d{1,3}$/;
const FOUR_FOURS = new RegExp(String.raw`^\d{4}(?:${MARK}\d{4}){3}$`);
const UUID_HEAD = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}$/i;
const UUID_HEAD_LENGTH = 24;
const MARKED = new RegExp(MARK);

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isIssued(digits: string): boolean {
  return ISSUERS.some(([from, to, ...lengths]) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
}

function isCard(written: string): boolean {
  const digits = written.replaceAll(/&#160;|%20/g, "").replaceAll(/\D/g, "");
  return isIssued(digits) && passesLuhn(digits);
}

/** Length of the card number that this candidate is or begins with; 0 for none. */
function cardLength(candidate: string, rest: string): number {
  const mark = MARKED.exec(candidate)?.[0];
  // More digits behind the same mark belong to a longer number; behind a space they may be an expiry date.
  const goesOn =
    mark !== undefined && mark.trim() !== "" && rest.startsWith(mark) && /^\d/.test(rest.slice(mark.length));
  if (!goesOn && isCard(candidate)) return candidate.length;
  const shorter = candidate.replace(LAST_GROUP, "");
  const isFour = mark?.trim() === "" && shorter !== candidate && FOUR_FOURS.test(shorter);
  return isFour && isCard(shorter) ? shorter.length : 0;
}

/** Payment card numbers: an issuer's range and length, and the Luhn digit; bare, or in the groups that cards bear. */
export const scanPaymentCard: Scan = function* (text) {
  const pattern = new RegExp(CANDIDATE, "g");
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const start = found.index;
    const length = cardLength(found[0], text.slice(pattern.lastIndex, pattern.lastIndex + 8));
    const head = text.slice(Math.max(0, start - UUID_HEAD_LENGTH), start);
    if (length > 0 && !UUID_HEAD.test(head)) {
      yield { start, end: start + length, severity: "high" };
      pattern.lastIndex = start + length;
    } else {
      yield undefined;
      pattern.lastIndex = start + (FIRST_GROUP.exec(found[0])?.[0].length ?? 1);
    }
  }
};
