import { inUserinfo } from "./url-credentials.ts";
import { countBack, type Scan } from "./span.ts";

/** RFC 5321, 4.5.3.1: octets of a local part and of a domain, RFC 1035 of a label. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const MAX_LABEL = 63;

/** Letters beyond ASCII of scripts that part words with spaces; others would swallow the words beside an address. */
const WIDE_LETTER = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\u0300-\u036F]$/u;
const LOCAL_CHARS = new Set(".-_+%&'".split("").map((char) => char.charCodeAt(0)));
/** As it is, or as the query of an address has it. */
const AT = /@|%40/g;
const NO_START = /^[^\p{L}\p{N}_]+/u;
const TOP_LEVEL = /^(?:xn--[a-z0-9-]+|[\p{L}\p{M}]{2,})$/iu;
/** Endings of file names that no top-level domain has: `icon@2x.png`. */
const FILE_ENDING =
  /^(?:png|jpe?g|gif|svg|webp|avif|bmp|tiff?|ico|css|scss|less|jsx?|tsx?|mjs|cjs|json[lc5]?|ndjson|html?|xhtml|txt|rst|xml|xsd|ya?ml|toml|ini|cfg|conf|env|pdf|docx?|docm|dotx|xlsx?|xlsm|xlsb|pptx?|pptm|odt|ods|odp|rtf|epub|log|csv|tsv|lock|exe|dll|so|bin|iso|dmg|msi|deb|rpm|tar|gz|bz2|xz|7z|rar|jar|war|class|py[cdo]|ipynb|java|cpp|hpp|sql|sqlite|parquet|mp[34]|wav|ogg|flac|mkv|avi|webm|woff2?|ttf|otf|eot|psd|bak|tmp|patch|diff|pem|crt|csr|p12|pfx|map|wasm)$/i;
/** Files whose endings are top-level domains: `docs@readme.md`. */
const FILE_NAME =
  /^(?:readme|changelog|contributing|license|index|main|setup|test|tests|conftest|manage|__init__|install|build|run|deploy|notes|todo|security)\.(?:md|py|rs|sh|pl|ps|zip|mov|app)$/i;
const SCALE = /^\d(?:\.\d)?x\./i;

const isLetterOrDigit = (unit: number): boolean =>
  (unit >= 0x30 && unit <= 0x39) ||
  (unit >= 0x41 && unit <= 0x5a) ||
  (unit >= 0x61 && unit <= 0x7a) ||
  (unit > 0x7f && WIDE_LETTER.test(String.fromCharCode(unit)));
const isLocal = (unit: number): boolean => isLetterOrDigit(unit) || LOCAL_CHARS.has(unit);
const isDomain = (unit: number): boolean => isLetterOrDigit(unit) || unit === 0x2d || unit === 0x2e;

/** Where the local part before this `@` begins; undefined without one. */
function localStart(text: string, at: number): number | undefined {
  const length = countBack(text, at, 2 * MAX_LOCAL, isLocal);
  const run = text.slice(at - length, at);
  const isEscaped = text[at - length - 1] === "\\" && /^[nrt]/.test(run);
  const local = (isEscaped ? run.slice(1) : run).replace(NO_START, "");
  // A handle of a social network, @user@host, and the account of an scp-like address, git@host:path, are no mailboxes.
  const isHandle = text[at - length - 1] === "@";
  if (local === "" || local.length > MAX_LOCAL) return undefined;
  return local === "git" || isHandle ? undefined : at - local.length;
}

/** How long the host name is that begins here; 0 without one. */
function domainLength(text: string, start: number): number {
  let end = start;
  while (end < text.length && end - start < MAX_DOMAIN && isDomain(text.charCodeAt(end))) end++;
  const labels: string[] = [];
  for (const label of text.slice(start, end).split(".")) {
    const trimmed = label.replace(/-+$/, "");
    if (trimmed === "" || trimmed.startsWith("-") || trimmed.length > MAX_LABEL) break;
    labels.push(trimmed);
    if (trimmed !== label) break;
  }
  while (labels.length > 0 && !isTopLevel(labels.at(-1) ?? "")) labels.pop();
  const domain = labels.join(".");
  return labels.length < 2 || SCALE.test(domain) || FILE_NAME.test(domain) ? 0 : domain.length;
}

const isTopLevel = (label: string): boolean => TOP_LEVEL.test(label) && !FILE_ENDING.test(label);

/**
 * Mailboxes in Latin, Greek or Cyrillic letters (RFC 5321, RFC 6531) with an unquoted local part; its dots may stand
 * where the RFC has none, as some providers allow.
 */
export const scanEmail: Scan = function* (text) {
  for (const { 0: sign, index: at } of text.matchAll(AT)) {
    yield undefined;
    const start = localStart(text, at);
    if (start === undefined || inUserinfo(text, at)) continue;
    const domain = at + sign.length;
    const length = domainLength(text, domain);
    if (length > 0) yield { start, end: domain + length, severity: "medium" };
  }
};
