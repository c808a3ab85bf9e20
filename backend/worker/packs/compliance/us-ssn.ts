import { AFTER_ESCAPE, type Scan } from "./span.ts";

const WRITTEN = new RegExp(String.raw`(?:(?<![\w-])|${AFTER_ESCAPE})(?<!\d[.,])\d{3}-\d{2}-\d{4}(?![\w-]|\.\d)`, "g");
/** Without its hyphens a number is one only where the text says so. */
const NAMED =
  /(?<![A-Za-z])(?:SSN|social[ _-]?security(?:[ _-]?(?:number|num|no\.?|#))?)(?![A-Za-z])[^A-Za-z0-9\n]{0,6}(?:is[ :]{1,2})?(\d{3}[ -]?\d{2}[ -]?\d{4})(?![\w-])/gi;
/** Numbers that were printed on cards and in advertisements (SSA, "Social Security Number Allocations"). */
const NEVER_VALID = new Set(["078051120", "219099999"]);

/** SSA, RM 10201.035: never an area of 000, 666 or 900-999, a group of 00 or a serial of 0000. */
function isAssignable(written: string): boolean {
  const digits = written.replace(/\D/g, "");
  const area = digits.slice(0, 3);
  if (area === "000" || area === "666" || area >= "900") return false;
  return digits.slice(3, 5) !== "00" && digits.slice(5) !== "0000" && !NEVER_VALID.has(digits);
}

/** US social security numbers: 3-2-4 with hyphens anywhere, or nine digits after the name of the number. */
export const scanUsSsn: Scan = function* (text) {
  for (const pattern of [WRITTEN, NAMED]) {
    for (const found of text.matchAll(pattern)) {
      const written = found[1] ?? found[0];
      const end = found.index + found[0].length;
      yield isAssignable(written) ? { start: end - written.length, end, severity: "high" } : undefined;
    }
  }
};
