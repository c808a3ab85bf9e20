import { AFTER_ESCAPE, type Scan } from "./span.ts";

/** The base64url of an opening brace and a space, a line's end or a quote, and more; then one, two or four more parts. */
const COMPACT = new RegExp(
  String.raw`(?:(?<![A-Za-z0-9_-])|${AFTER_ESCAPE})(e[wy][A-Za-z0-9_-]{8,})\.([A-Za-z0-9_-]*)` +
    String.raw`(?:\.([A-Za-z0-9_-]*)(?:\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)?)?`,
  "g",
);

/** True for the base64url of a JSON object that names an algorithm (RFC 7515, 4.1.1; RFC 7516, 4.1.1). */
function isHeader(part: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof header === "object" && header !== null && "alg" in header && typeof header.alg === "string";
  } catch {
    return false;
  }
}

/** The claims of a token that was cut behind or within them: the base64url of an object's beginning. */
const CLAIMS = /^e[wy][A-Za-z0-9_-]{4,}$/;

/** JSON Web Tokens, signed, encrypted or unsecured, in compact form, whole or cut short. Each part is read a few times at most. */
export const scanJwt: Scan = function* (text) {
  const pattern = new RegExp(COMPACT);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [written, header = "", second = "", third] = found;
    const isWhole = third !== undefined && (second !== "" || third !== "");
    if ((isWhole || CLAIMS.test(second)) && isHeader(header)) {
      yield { start: found.index, end: found.index + written.length, severity: "critical" };
    } else {
      pattern.lastIndex = found.index + header.length;
      yield undefined;
    }
  }
};
