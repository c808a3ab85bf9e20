import { isCapitals, isPlaceholder, PLACEHOLDER_FOUND } from "./placeholder.ts";
import { countBack, type Scan, type Severity } from "./span.ts";

const MAX_SCHEME = 32;
/** How far a password with a raw slash, question mark or hash in it is followed to its `@`. */
const MAX_STRAY = 256;
/** How far before an `@` the start of its address is sought. */
const MAX_USERINFO = 320;
/** A user name of this length with a digit in it, and no password, is taken for a token. */
const MIN_TOKEN = 20;

/** What ends an authority (RFC 3986, 3.2), or the address itself where it stands in quotes. */
const AUTHORITY_END = /[\s/?#"`\\]/g;
const ADDRESS_END = /[\s"'`<>\\]/;
const TOKEN = /^(?=.*\d)[\w.~%+-]+$/;
/** Ways to write that a value is left out: `***`, `xxxx`, `<password>`, `${PASSWORD}`, `{{ password }}`, `%PASS%`, `[JWT]`. */
const PLACEHOLDER =
  /^(?:\*+|•+|[xX]{3,}|\.{3}|<[^<>]*>|\$\w+|\$?\{[^{}]*\}|\$?\{\{[^{}]*\}\}|\$\([^()]*\)|%\w+%|\[[A-Z_]+\]|password|passwd|pass|pwd|secret|token|PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN)$/;
const PLACEHOLDER_PORT = /^(?:\d*|port|PORT|<[^<>]*>|\$\w+|\$?\{[^{}]*\}|%\w+%|[A-Z_]+)$/;

const isScheme = (unit: number): boolean => /^[A-Za-z0-9+.-]$/.test(String.fromCharCode(unit));
const USERINFO_STOPS = new Set("/?#\"'`\\<>(),;|".split("").map((char) => char.charCodeAt(0)));
const isUserinfo = (unit: number): boolean => unit > 0x20 && unit !== 0xa0 && !USERINFO_STOPS.has(unit);
const beginsHost = (char: string | undefined): boolean =>
  char !== undefined && /^[A-Za-z0-9[\u00A1-\uFFFF]$/.test(char);

/** True if this `@` parts user information from the host of an address with a scheme. */
export function inUserinfo(text: string, at: number): boolean {
  const length = countBack(text, at, MAX_USERINFO, isUserinfo);
  return text.startsWith("://", at - length - 3);
}

function authorityEnd(text: string, start: number): number {
  AUTHORITY_END.lastIndex = start;
  return AUTHORITY_END.exec(text)?.index ?? text.length;
}

/** Where the `@` after the user information stands; undefined for an address without any. */
function userinfoEnd(text: string, start: number, end: number): number | undefined {
  const at = text.slice(start, end).lastIndexOf("@");
  if (at >= 0) return start + at;
  const colon = text.slice(start, end).indexOf(":");
  if (colon < 1 || PLACEHOLDER_PORT.test(text.slice(start + colon + 1, end))) return undefined;
  // Neither a port nor a host without one: a password that should have been percent-encoded.
  const stray = text.slice(end, end + MAX_STRAY);
  const stop = stray.search(ADDRESS_END);
  const strayAt = (stop < 0 ? stray : stray.slice(0, stop)).indexOf("@");
  return strayAt < 0 ? undefined : end + strayAt;
}

/** How much this user information gives away: that of a template is low, undefined without any. */
function severityOf(userinfo: string): Severity | undefined {
  const colon = userinfo.indexOf(":");
  const password = colon < 0 ? "" : userinfo.slice(colon + 1);
  if (password !== "") {
    if (PLACEHOLDER.test(password)) return undefined;
    return isCapitals(password) || isPlaceholder(password) ? "low" : "critical";
  }
  const user = colon < 0 ? userinfo : userinfo.slice(0, colon);
  if (user.length < MIN_TOKEN || !TOKEN.test(user)) return undefined;
  return isPlaceholder(user) ? "low" : "critical";
}

/** The user information of addresses (`scheme://user:password@host`) that holds a password or a token. */
export const scanUrlCredentials: Scan = function* (text) {
  for (let mark = text.indexOf("://"); mark >= 0; mark = text.indexOf("://", mark + 3)) {
    yield undefined;
    if (countBack(text, mark, MAX_SCHEME, isScheme) === 0) continue;
    const start = mark + 3;
    const end = userinfoEnd(text, start, authorityEnd(text, start));
    if (end === undefined || !beginsHost(text[end + 1])) continue;
    const severity = severityOf(text.slice(start, end));
    if (severity !== undefined) yield { start, end, severity, ...(severity === "low" ? PLACEHOLDER_FOUND : {}) };
  }
};
