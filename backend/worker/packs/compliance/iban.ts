import { DASHES, isAlphanumeric, type Scan, SPACES, TOKEN_START } from "./span.ts";

/** Length of an IBAN by country (SWIFT, IBAN Registry: ISO 13616-compliant formats). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const HEAD = String.raw`${TOKEN_START}[A-Za-z]{2}\d{2}`;
const GROUP = 4;
/** What may stand between fours: marks of any kind, a line's end and the quote marks of a mail. */
const MARKS = new RegExp(String.raw`(?:[${SPACES}.${DASHES}]{1,3}|[ \t]{0,4}\r?\n[ \t>]{0,8})?`, "y");

/** ISO 7064 MOD 97-10, with letters as 10 to 35 and the first four characters moved to the end. */
function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const char of iban.slice(GROUP) + iban.slice(0, GROUP)) {
    const value = Number.parseInt(char, 36);
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest === 1;
}

/** Where the IBAN of `length` characters that begins at `start` ends: in one piece, or in fours with marks between them. */
function ibanEnd(text: string, start: number, length: number): number | undefined {
  let written = "";
  let position = start;
  while (written.length < length) {
    if (written.length > 0 && written.length % GROUP === 0) {
      MARKS.lastIndex = position;
      if (MARKS.test(text)) position = MARKS.lastIndex;
    }
    const char = text[position];
    if (char === undefined || !isAlphanumeric(char)) return undefined;
    written += char;
    position += 1;
  }
  return !isAlphanumeric(text[position]) && passesMod97(written) ? position : undefined;
}

/** International bank account numbers: a country's length, and both check digits. Either case of letters. */
export const scanIban: Scan = function* (text) {
  for (const { 0: head, index: start } of text.matchAll(new RegExp(HEAD, "g"))) {
    const length = LENGTHS.get(head.slice(0, 2).toUpperCase());
    const end = length === undefined ? undefined : ibanEnd(text, start, length);
    yield end === undefined ? undefined : { start, end, severity: "medium" };
  }
};
