import { type Scan, type Span, TOKEN_START } from "./span.ts";

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

/** Keys in one piece: of age (Bech32), of Nostr, PEM in base64 as Kubernetes writes it. */
const BECH32 = "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7Lqpzry9x8gf2tvdw0s3jn54khce6mua7l]";
const IN_ONE_PIECE = new RegExp(
  String.raw`${TOKEN_START}(?:AGE-SECRET-KEY-(?:PQ-)?1${BECH32}{58,}|nsec1${BECH32}{58,}|LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,40}(?:UFJJVkFUR|QUklWQVRF|BSSVZBVE)[A-Za-z0-9+/]{24,}={0,2})`,
  "g",
);
/** PuTTY's own format, from its first line; the private lines come last but for their MAC. */
const PUTTY = /PuTTY-User-Key-File-\d:[^\n]{0,80}\r?\n/g;
const PUTTY_LINE =
  /(?:Encryption|Comment|Public-Lines|Private-Lines|Private-MAC|Private-Hash|Key-Derivation|Argon2-[A-Za-z]{1,16}):[^\n]{0,200}(?:\n|$)|[A-Za-z0-9+/]{4,76}={0,2}\r?(?:\n|$)/y;
/** The private part of a JSON Web Key (RFC 7517), and of WireGuard's configuration. */
const IN_FIELD = /(?:"(?:d|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"|\bPrivateKey\s{0,4}=\s{0,4})([A-Za-z0-9_+/-]{42,}={0,2})/g;

/** Where the lines of a PuTTY key end. */
function puttyEnd(text: string, from: number): number {
  let end = from;
  PUTTY_LINE.lastIndex = end;
  while (PUTTY_LINE.test(text)) end = PUTTY_LINE.lastIndex;
  return text[end - 1] === "\n" ? end - 1 : end;
}

function* otherKeys(text: string): Generator<Span | undefined> {
  for (const { 0: written, index: start } of text.matchAll(IN_ONE_PIECE)) {
    yield { start, end: start + written.length, severity: "critical" };
  }
  let read = 0;
  for (const { 0: line, index: start } of text.matchAll(PUTTY)) {
    const from = start + line.length;
    // A first line within another's lines: these are read to the same end.
    if (from <= read) {
      yield undefined;
      continue;
    }
    const end = puttyEnd(text, from);
    read = end;
    yield text.slice(start, end).includes("Private-Lines") ? { start, end, severity: "critical" } : undefined;
  }
  for (const { 0: written, 1: key = "", index } of text.matchAll(IN_FIELD)) {
    const end = index + written.length;
    yield { start: end - key.length, end, severity: "critical" };
  }
}

/** PEM, OpenSSH and PGP private keys, from their first line to their last, or to where they were cut off; and keys of other formats. */
export const scanPrivateKey: Scan = function* (text) {
  const nextEnd = endFinder(text);
  let read = 0;
  for (const { 0: line, index: start } of text.matchAll(BEGIN)) {
    const from = start + line.length;
    const last = nextEnd(from);
    const isWhole = last?.[1]?.includes("PRIVATE KEY") === true && last.index - from <= MAX_BODY;
    const body = isWhole ? text.slice(from, last.index) : "";
    if (isWhole && !body.includes("BEGIN ")) {
      const end = last.index + last[0].length;
      yield MATERIAL.test(body) ? { start, end, severity: "critical" } : undefined;
    } else {
      // A first line within another's lines: these are read to the same end.
      const end = from <= read ? from : linesEnd(text, from);
      read = Math.max(read, end);
      yield end > from ? { start, end, severity: "critical" } : undefined;
    }
  }
  yield* otherKeys(text);
};
