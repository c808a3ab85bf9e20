import { findPhoneNumbersInText, Metadata, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { namedValues } from "./named-values.ts";
import { type CountryCode, PHONE_REGIONS } from "./phone-regions.ts";
import { AFTER_ESCAPE, type Hints, type Scan, type Span } from "./span.ts";

/** RFC 3966, 5.1.1 and Google's matcher: what may stand between two digits. */
const MARK = String.raw`[ \u00A0\u202F.()/\u2010-\u2013-]`;
const EXTENSION = String.raw`(?:[ ,;]{0,2}(?:ext(?:ension)?\.?|x|#)[ :.]{0,2}\d{1,7}(?!\w))?`;
/** E.164 with its plus sign: 7 to 15 digits, and one more for a trunk 0 in brackets; no sum, so no space after it. */
const INTERNATIONAL = String.raw`(?:(?<![\w+])|${AFTER_ESCAPE})[+\uFF0B]\(?\d(?:${MARK}{0,3}\d){6,15}${EXTENSION}`;
/** North American numbers as they are usually written, never as ten digits alone. */
const NORTH_AMERICAN = String.raw`(?:(?:(?<![\w.+-])|${AFTER_ESCAPE})(?:1[ .-])?\d{3}(?<mark>[ .-])|(?<![\d+])(?:1[ .-]?)?\(\d{3}\)[ .-]?)\d{3}[ .-]\d{4}(?![\w-]|\.\d)${EXTENSION}`;
/** Any number that stands apart, which its country's plan and its groups judge; a trunk code may be in brackets. */
const APART = String.raw`(?:(?<![\w.+\u2010-\u2015-])|${AFTER_ESCAPE})\(?\d(?:${MARK}{0,3}\d){6,15}(?!\w|[.-]\d)${EXTENSION}`;
/** Without countries of the caller only a trunk code, or `011`, makes a number of digits. */
const TRUNK_AHEAD = String.raw`(?=\(?0\d)`;
const NAME =
  /phone|mobile|cell|telef(?:on|ax|ono)|tel[ée]fono|t[ée]l[ée]phone|tel|fax|whatsapp|sms|viber|handy|call(?: me| us)?(?: (?:at|on))?|reach me (?:at|on)|msisdn|portable|mobil|rufnummer|телефон|电话|電話|手机/gi;
const MIN_DIGITS = 7;
const MAX_DIGITS = 15;
/** Of the longest national number with its trunk code. */
const MAX_NATIONAL = 13;
/** How many trailing groups may turn out to be something else than the number's own. */
const MAX_DROPPED = 2;
const LAST_GROUP = /[^\d]+\d+$/;
const LAST_SPACED_GROUP = /[^\d]*[ \u00A0\u202F][^\d]*\d+$/;
const DATE = /^\(?\d{1,4}([./-])\d{1,2}\1\d{1,4}(?!\d|\1)/;
const DOTTED_QUAD = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** How sure a number is by what says so. */
const CONFIDENCE = {
  international: 0.95,
  named: 0.9,
  prefixed: 0.8,
  north_american: 0.8,
  written: 0.6,
  field: 0.5,
} as const;

const digitsOf = (written: string): string => written.replaceAll(/\D/g, "");
const groupsOf = (written: string): readonly string[] => written.match(/\d+/g) ?? [];

/** False for a list of numbers: no plan has more than seven groups, or many of a single digit. */
function mayBeNumber(candidate: string): boolean {
  const groups = groupsOf(candidate);
  const digits = groups.join("").length;
  return digits >= MIN_DIGITS && groups.length <= 7 && groups.length * 2 <= digits + 3;
}

/** Numbers in ranges that are in use: the library's `max` metadata, for `min` takes many an order number for one. */
function phonesIn(candidate: string, start: number, confidence: number, country?: "US"): Span[] {
  return findPhoneNumbersInText(candidate, country).map(({ startsAt, endsAt }) => {
    return { start: start + startsAt, end: start + endsAt, severity: "medium", confidence };
  });
}

function internationalIn(text: string, start: number, written: string): Span[] {
  const next = text[start + written.length] ?? "";
  if (/^[A-Za-z_]/.test(next)) return [];
  let candidate = /^\d/.test(next) ? written.replace(LAST_GROUP, "") : written;
  for (let dropped = 0; dropped <= MAX_DROPPED; dropped++) {
    const found = mayBeNumber(candidate) ? phonesIn(candidate, start, CONFIDENCE.international) : [];
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

interface Format {
  pattern(): string;
  format(): string;
  leadingDigitsPatterns(): readonly string[];
}

/** The part of the library's metadata that is read here: it has no types of its own. */
interface NumberingPlan {
  nationalNumberPattern(): string;
  nationalPrefix(): string | undefined;
  formats(): readonly Format[];
}

interface Plan {
  /** What is dialled before a national number within the country. */
  readonly trunk: string;
  readonly national: RegExp;
  readonly formats: readonly {
    readonly leading: RegExp | undefined;
    readonly pattern: RegExp;
    readonly printed: string;
  }[];
}

const plans = new Map<CountryCode, Plan>();

function planOf(country: CountryCode): Plan {
  const known = plans.get(country);
  if (known !== undefined) return known;
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const { numberingPlan } = metadata as unknown as { numberingPlan: NumberingPlan };
  const plan = {
    trunk: numberingPlan.nationalPrefix() ?? "",
    national: new RegExp(`^(?:${numberingPlan.nationalNumberPattern()})$`),
    formats: numberingPlan.formats().map((format) => {
      const leading = format.leadingDigitsPatterns().at(-1);
      return {
        leading: leading === undefined ? undefined : new RegExp(`^(?:${leading})`),
        pattern: new RegExp(`^(?:${format.pattern()})$`),
        printed: format.format(),
      };
    }),
  };
  plans.set(country, plan);
  return plan;
}

/** The national number that these digits dial within the country; undefined if they dial none. */
function nationalOf({ trunk, national }: Plan, digits: string): string | undefined {
  const rest = digits.slice(trunk.length);
  if (trunk !== "" && digits.startsWith(trunk) && national.test(rest)) return rest;
  return (!digits.startsWith("0") || trunk === "") && national.test(digits) ? digits : undefined;
}

/** True for a number in the groups of its country, or with its trunk code set off by brackets, a slash or a dash. */
function isWrittenAsNumber(candidate: string, { formats }: Plan, national: string): boolean {
  if (/^\(\d{2,6}\)/.test(candidate) || /^0\d{1,5} ?(?:\/|- | -) ?\d/.test(candidate)) return true;
  const groups = groupsOf(candidate);
  if (groups.length < 2) return false;
  const format = formats.find(({ leading, pattern }) => leading?.test(national) !== false && pattern.test(national));
  const printed = format === undefined ? [] : groupsOf(national.replace(format.pattern, format.printed));
  const extra = groups.join("").length - national.length;
  const [first = "", ...others] = groups;
  return [first.slice(extra), ...others].join(" ") === printed.join(" ");
}

interface Seen {
  /** A name such as `phone` stands before it. */
  readonly named: boolean;
  /** The caller's own countries. */
  readonly asked: boolean;
}

/** How sure it is that a candidate is a national number of one of these countries; undefined if it is of none. */
function nationalConfidence(candidate: string, countries: readonly CountryCode[], seen: Seen): number | undefined {
  const digits = digitsOf(candidate);
  const isApart = groupsOf(candidate).length > 1 || digits.startsWith("0");
  for (const country of countries) {
    const plan = planOf(country);
    const national = nationalOf(plan, digits);
    if (national === undefined) continue;
    if (seen.named) return CONFIDENCE.named;
    if (seen.asked ? isApart : isWrittenAsNumber(candidate, plan, national)) return CONFIDENCE.written;
  }
  return undefined;
}

/** What `00` or `011` begins is international, wherever it is dialled. */
function prefixedConfidence(candidate: string): number | undefined {
  const digits = digitsOf(candidate);
  const number = /^0011|^011|^00/.exec(digits)?.[0];
  if (number === undefined) return undefined;
  const rest = digits.slice(number.length);
  if (rest.length < MIN_DIGITS + 1 || rest.startsWith("0")) return undefined;
  return parsePhoneNumberFromString(`+${rest}`)?.isValid() === true ? CONFIDENCE.prefixed : undefined;
}

/** Everything that may be tried without countries of the caller: those whose numbers begin with 0 where no name helps. */
const COUNTRIES_WITH_TRUNK = PHONE_REGIONS.common;
const COUNTRIES = PHONE_REGIONS.widely;

function confidenceOf(
  candidate: string,
  regions: readonly CountryCode[] | undefined,
  named: boolean,
): number | undefined {
  if (!mayBeNumber(candidate) || DOTTED_QUAD.test(candidate) || DATE.test(candidate)) return undefined;
  const seen = { named, asked: regions !== undefined };
  const digits = digitsOf(candidate);
  if (digits.length > MAX_DIGITS + 2) return undefined;
  const beginsWithTrunk = /^\(?0/.test(candidate);
  const prefixed = beginsWithTrunk ? prefixedConfidence(candidate) : undefined;
  if (prefixed !== undefined) return prefixed;
  if (digits.length > MAX_NATIONAL || (!named && regions === undefined && !beginsWithTrunk)) return undefined;
  return nationalConfidence(candidate, regions ?? (named ? COUNTRIES : COUNTRIES_WITH_TRUNK), seen);
}

/** The number that a candidate is, or begins with. */
function numberIn(
  candidate: string,
  start: number,
  regions: readonly CountryCode[] | undefined,
  named: boolean,
): Span | undefined {
  let written = candidate;
  for (let dropped = 0; dropped <= MAX_DROPPED; dropped++) {
    const confidence = confidenceOf(written, regions, named);
    if (confidence !== undefined) return { start, end: start + written.length, severity: "medium", confidence };
    const shorter = written.replace(LAST_SPACED_GROUP, "");
    if (shorter === written) return undefined;
    written = shorter;
  }
  return undefined;
}

const FIELD = new RegExp(String.raw`\(?\d(?:${MARK}{0,3}\d){6,14}(?!\w|\.\d)`, "y");
const ONE_FIELD = /[":=>]/;

/** Numbers behind a name such as `phone`: of any country, and ten digits in a field of that name. */
function* namedPhones(text: string, regions: readonly CountryCode[] | undefined): Generator<Span | undefined> {
  for (const value of namedValues(text, NAME)) {
    if (value === undefined) {
      yield undefined;
      continue;
    }
    const { start, column } = value;
    FIELD.lastIndex = start;
    const written = FIELD.exec(text)?.[0];
    const found =
      written === undefined || text[start - 1] === "+" ? undefined : numberIn(written, start, regions, true);
    const isField = column || ONE_FIELD.test(text.slice(Math.max(0, start - 3), start));
    if (found !== undefined || written === undefined || text[start - 1] === "+" || !isField || DATE.test(written))
      yield found;
    else if (!mayBeNumber(written)) yield undefined;
    else yield { start, end: start + written.length, severity: "medium", confidence: CONFIDENCE.field };
  }
}

const DIGIT_BEFORE = new RegExp(String.raw`\d${MARK}{1,3}$`);
const MOST_MARKS = 3;

/** Numbers in national form that stand apart, by their groups, or by the countries that the caller named. */
function* nationalPhones(text: string, regions: readonly CountryCode[] | undefined): Generator<Span | undefined> {
  const pattern = new RegExp(regions === undefined ? TRUNK_AHEAD + APART : APART, "g");
  let lastEnd = -Infinity;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const { 0: written, index } = found;
    // Groups behind other digits are the rest of another number, unless that number is known to have ended.
    const isRest =
      index - lastEnd > MOST_MARKS && DIGIT_BEFORE.test(text.slice(Math.max(0, index - MOST_MARKS - 1), index));
    const span = isRest ? undefined : numberIn(written, index, regions, false);
    const first = /^\(?\d+/.exec(written)?.[0].length ?? 1;
    lastEnd = span?.end ?? lastEnd;
    pattern.lastIndex = span?.end ?? index + first;
    yield span;
  }
}

const regionsOf = ({ regions }: Hints): readonly CountryCode[] | undefined =>
  regions?.filter((region): region is CountryCode => PHONE_REGIONS.all.has(region));

/**
 * Phone numbers: of any country where a plus sign or `00` begins them; in national form where a name such as `phone` stands
 * before them, where they are written as their country does, or where they are of the caller's `regions`.
 */
export const scanPhone: Scan = function* (text, hints = {}) {
  const regions = regionsOf(hints);
  for (const { 0: written, index } of text.matchAll(new RegExp(INTERNATIONAL, "g"))) {
    yield undefined;
    yield* internationalIn(text, index, written);
  }
  for (const { 0: written, index, groups } of text.matchAll(new RegExp(NORTH_AMERICAN, "g"))) {
    yield undefined;
    if (isInList(text, index, index + written.length, groups?.["mark"])) continue;
    yield* phonesIn(written, index, CONFIDENCE.north_american, "US");
  }
  yield* namedPhones(text, regions);
  yield* nationalPhones(text, regions);
};
