import { isDate } from "./date.ts";
import { namedValues } from "./named-values.ts";
import type { Scan } from "./span.ts";

const NAME =
  /dob|d\.o\.b\.?|date[ _-]?of[ _-]?birth|birth[ _-]?(?:date|day)|born(?: on)?|geburts(?:datum|tag)|geb\.|geboren(?: am)?|date de naissance|n[ée]e? le|fecha de nacimiento|nacid[oa] el|data di nascita|nat[oa] il|data de nascimento|nascid[oa] em|geboortedatum|data urodzenia|дата рождения|生年月日|出生日期/gi;
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec".split("|");
/** Months as they begin in German, French, Spanish, Italian and Portuguese, where they begin otherwise. */
const OTHER_MONTHS: Readonly<Record<string, number>> = {
  mär: 3,
  mae: 3,
  mai: 5,
  okt: 10,
  dez: 12,
  fév: 2,
  fev: 2,
  avr: 4,
  jui: 7,
  aoû: 8,
  aou: 8,
  déc: 12,
  ene: 1,
  abr: 4,
  ago: 8,
  dic: 12,
  gen: 1,
  mag: 5,
  giu: 6,
  lug: 7,
  set: 9,
  ott: 10,
  out: 10,
};
const WRITTEN =
  /(?<y1>(?:19|20)\d{2})[-./年 ]{1,2}(?<m1>\d{1,2})[-./月 ]{1,2}(?<d1>\d{1,2})日?(?!\d)|(?<a>\d{1,2})[-./ ]{1,2}(?<b>\d{1,2})[-./ ]{1,2}(?<y2>(?:19|20)?\d{2})(?!\d)|(?<d3>\d{1,2})(?:st|nd|rd|th|\.)?[ -](?:de |of )?(?<n3>\p{L}{3,10})\.?[ ,-]{1,2}(?:de )?(?<y3>(?:19|20)\d{2})(?!\d)|(?<n4>\p{L}{3,10})\.? (?<d4>\d{1,2})(?:st|nd|rd|th)?,? (?<y4>(?:19|20)\d{2})(?!\d)|(?<y5>(?:19|20)\d{2})(?<m5>\d{2})(?<d5>\d{2})(?!\d)/uy;

function monthOf(name = ""): number {
  const head = name.toLowerCase().slice(0, 3);
  const at = MONTHS.indexOf(head);
  return at < 0 ? (OTHER_MONTHS[head] ?? 0) : at + 1;
}

/** True for a date that has been or may be somebody's: day and month in either order where both are numbers. */
function isBirth({
  y1,
  m1,
  d1,
  a,
  b,
  y2,
  d3,
  n3,
  y3,
  n4,
  d4,
  y4,
  y5,
  m5,
  d5,
}: Readonly<Record<string, string | undefined>>): boolean {
  if (y1 !== undefined) return isDate(Number(y1), Number(m1), Number(d1));
  if (y5 !== undefined) return isDate(Number(y5), Number(m5), Number(d5));
  if (y3 !== undefined) return isDate(Number(y3), monthOf(n3), Number(d3));
  if (y4 !== undefined) return isDate(Number(y4), monthOf(n4), Number(d4));
  const year = y2?.length === 2 ? 2000 + Number(y2) : Number(y2);
  return isDate(year, Number(b), Number(a)) || isDate(year, Number(a), Number(b));
}

/** Dates of birth: a date behind a name that says so. */
export const scanDateOfBirth: Scan = function* (text) {
  for (const value of namedValues(text, NAME)) {
    WRITTEN.lastIndex = value?.start ?? text.length;
    const found = WRITTEN.exec(text);
    yield value === undefined || found === null || !isBirth(found.groups ?? {})
      ? undefined
      : { start: value.start, end: value.start + found[0].length, severity: "medium" };
  }
};
