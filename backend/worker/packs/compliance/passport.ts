import { namedValues } from "./named-values.ts";
import type { Scan } from "./span.ts";

const NAME =
  /passport|reisepass(?:nummer)?|passeport|pasaporte|passaporto|passaporte|paspoort|personalausweis(?:nummer)?|ausweis(?:nummer|nr)?|паспорт|护照(?:号码?)?/gi;
/** Series and number as the countries of the world write them: up to two or three letters, and digits. */
const NUMBER =
  /(?=[A-Z]{0,3}\d*[A-Z0-9]{0,6}\d)(?:[A-Z]{1,3} ?\d{6,8}[A-Z]?|[A-Z0-9]{9}|\d{8,9}|\d{2} ?\d{2} ?\d{6})(?![A-Za-z0-9])/y;
/** Machine-readable lines (ICAO 9303): the second of a passport, and the first two of a card. */
const PASSPORT_LINE = /(?<![A-Z0-9<])[A-Z0-9<]{9}\d[A-Z<]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}[0-9<]\d(?![A-Z0-9<])/g;
const CARD_LINE = /(?<![A-Z0-9<])[ACI][A-Z0-9<][A-Z<]{3}[A-Z0-9<]{9}[0-9<][A-Z0-9<]{15}(?![A-Z0-9<])/g;
/** The line of a passport with the name of its holder. */
const NAME_LINE = /(?<![A-Z0-9<])P[A-Z<][A-Z<]{3}[A-Z]{1,38}<[A-Z<]{0,38}(?![A-Z0-9<])/g;
const NAME_LINE_LENGTH = 44;

/** ICAO 9303-3, 4.9: weights 7, 3 and 1; letters from 10, the filler 0. */
function checkDigit(text: string): number {
  const valueOf = (char: string) => (char === "<" ? 0 : Number.parseInt(char, 36));
  return Array.from(text).reduce((sum, char, at) => sum + valueOf(char) * ([7, 3, 1][at % 3] ?? 0), 0) % 10;
}
const isChecked = (text: string, digit: string | undefined): boolean => String(checkDigit(text)) === digit;

function isPassportLine(line: string): boolean {
  return (
    isChecked(line.slice(0, 9), line[9]) &&
    isChecked(line.slice(13, 19), line[19]) &&
    isChecked(line.slice(21, 27), line[27])
  );
}

/** Passports and identity cards: their machine-readable lines, and their number behind its name. */
export const scanPassport: Scan = function* (text) {
  for (const value of namedValues(text, NAME)) {
    NUMBER.lastIndex = value?.start ?? text.length;
    const written = NUMBER.exec(text)?.[0];
    yield value === undefined || written === undefined || written.replaceAll(/\D/g, "").length < 3
      ? undefined
      : { start: value.start, end: value.start + written.length, severity: "high", confidence: 0.7, kind: "number" };
  }
  for (const { 0: line, index: start } of text.matchAll(PASSPORT_LINE)) {
    yield isPassportLine(line)
      ? { start, end: start + line.length, severity: "high", kind: "machine_readable" }
      : undefined;
  }
  for (const { 0: line, index: start } of text.matchAll(CARD_LINE)) {
    yield isChecked(line.slice(5, 14), line[14])
      ? { start, end: start + line.length, severity: "high", kind: "machine_readable" }
      : undefined;
  }
  for (const { 0: line, index: start } of text.matchAll(NAME_LINE)) {
    yield line.length === NAME_LINE_LENGTH
      ? { start, end: start + line.length, severity: "high", kind: "machine_readable" }
      : undefined;
  }
};
