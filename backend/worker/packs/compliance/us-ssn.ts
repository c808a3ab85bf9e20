import { namedValues } from "./named-values.ts";
import { AFTER_ESCAPE, DASHES, type Scan, SPACES } from "./span.ts";

const WRITTEN = new RegExp(
  String.raw`(?:(?<![A-Za-z0-9${DASHES}])|${AFTER_ESCAPE})(?<!\d\.)\d{3}([${DASHES}])\d{2}\1\d{4}(?![A-Za-z0-9_${DASHES}]|\.\d)`,
  "g",
);
/** Without its hyphens a number is one only where the text says so. */
const NAME = /ssn|ss#|soc(?:ial)?[ ._-]{0,2}sec(?:urity)?/gi;
const NAMED = new RegExp(String.raw`\d{3}([${SPACES}.${DASHES}]{0,3})\d{2}\1\d{4}(?![A-Za-z0-9_${DASHES}])`, "y");
/** Numbers that were printed on cards and in advertisements (SSA, "Social Security Number Allocations"). */
const NEVER_VALID = new Set(["078051120", "219099999"]);

/** SSA, RM 10201.035: never an area of 000, 666 or 900-999, a group of 00 or a serial of 0000. */
function isAssignable(written: string): boolean {
  const digits = written.replace(/\D/g, "");
  const area = digits.slice(0, 3);
  if (area === "000" || area === "666" || area >= "900") return false;
  return digits.slice(3, 5) !== "00" && digits.slice(5) !== "0000" && !NEVER_VALID.has(digits);
}

/** US social security numbers: 3-2-4 with dashes anywhere, or nine digits after the name of the number. */
export const scanUsSsn: Scan = function* (text) {
  for (const { 0: written, index: start } of text.matchAll(WRITTEN)) {
    yield isAssignable(written) ? { start, end: start + written.length, severity: "high" } : undefined;
  }
  for (const named of namedValues(text, NAME)) {
    NAMED.lastIndex = named?.start ?? text.length;
    const written = NAMED.exec(text)?.[0];
    yield named === undefined || written === undefined || !isAssignable(written)
      ? undefined
      : { start: named.start, end: named.start + written.length, severity: "high" };
  }
};
