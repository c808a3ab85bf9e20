import type { Scan } from "./span.ts";

const BEGIN = /-{4,5} ?BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
const END = /-{4,5} ?END ([A-Z0-9 ]{1,80})-{4,5}/g;
/** Longer than any key: an end that is further away belongs to something else. */
const MAX_BODY = 32_768;
/** Without this much of it in a row there is no key, only talk of one. */
const MATERIAL = /[A-Za-z0-9+/]{16}/;
/** A line of a key that was cut off: quotes, comment marks or escaped line ends, then a header or base64 (RFC 7468). */
const LINE =
  /(?:\\[nr]|[\s>|#*"'+,;\\]){0,24}(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset)[^\n\\]{0,200}|[A-Za-z0-9+/]{16,}={0,2})/y;
const LAST_LINE = /(?:\\[nr]|\s){1,8}[A-Za-z0-9+/]{1,15}={1,2}/y;

/** Finds the next end at or after a position that only rises, so that the text is read once. */
function endFinder(text: string): (from: number) => RegExpExecArray | null {
  const pattern = new RegExp(END);
  let next = pattern.exec(text);
  return (from) => {
    while (next !== null && next.index < from) next = pattern.exec(text);
    return next;
  };
}

/** How far the lines of a key without an end go; `from` if there are none. */
function linesEnd(text: string, from: number): number {
  let end = from;
  LINE.lastIndex = end;
  while (LINE.test(text)) end = LINE.lastIndex;
  if (end === from) return from;
  LAST_LINE.lastIndex = end;
  return LAST_LINE.test(text) ? LAST_LINE.lastIndex : end;
}

/** PEM, OpenSSH and PGP private keys, from their first line to their last, or to where they were cut off. */
export const scanPrivateKey: Scan = function* (text) {
  const nextEnd = endFinder(text);
  for (const { 0: line, index: start } of text.matchAll(BEGIN)) {
    const from = start + line.length;
    const last = nextEnd(from);
    const isWhole = last?.[1]?.includes("PRIVATE KEY") === true && last.index - from <= MAX_BODY;
    const body = isWhole ? text.slice(from, last.index) : "";
    if (isWhole && !body.includes("BEGIN ")) {
      const end = last.index + last[0].length;
      yield MATERIAL.test(body) ? { start, end, severity: "critical" } : undefined;
    } else {
      const end = linesEnd(text, from);
      yield end > from ? { start, end, severity: "critical" } : undefined;
    }
  }
};
