const PAGES: readonly string[] = ["text/html", "application/xhtml+xml"];
/** Beside every `text/*`, `application/*+json` and `application/*+xml`. */
const TEXTS = new Set(
  ["json", "xml", "yaml", "x-yaml", "x-ndjson", "jsonl", "toml", "javascript", "sql", "csv"].map(
    (name) => `application/${name}`,
  ),
);

/** The media types that can be read, also where the server names none; any other fails with CONTENT_TYPE. */
export const READABLE_TYPES: readonly string[] = [
  ...PAGES,
  "text/*",
  "application/*+json",
  "application/*+xml",
  ...TEXTS,
  "",
];

/** True for HTML, which is searched for an article; every other readable type is taken as it is. */
export function isPage(contentType: string): boolean {
  return PAGES.includes(contentType);
}

/** True for what may declare its own encoding. */
export function isMarkup(contentType: string): boolean {
  return isPage(contentType) || contentType.endsWith("xml");
}

/** True for what is Unicode whatever its bytes look like. */
export function isJson(contentType: string): boolean {
  return /\bjson\b|ndjson|jsonl/.test(contentType);
}

const SNIFFED_BYTES = 1_024;

/** The media type of a body whose server names none, by its first bytes; undefined where it is no text. */
export function sniffType(body: Uint8Array): string | undefined {
  const start = body.subarray(0, SNIFFED_BYTES);
  const isUtf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  if (start.includes(0) && !isUtf16) return undefined;
  const text = new TextDecoder(isUtf16 ? (start[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(start);
  const head = text.trimStart();
  if (/^(?:<!--|<!doctype html|<(?:html|head|body|title|meta|script|div|p|h1|table)\b)/i.test(head)) return "text/html";
  if (head.startsWith("<?xml")) return /<html\b/i.test(head) ? "application/xhtml+xml" : "application/xml";
  return /^[[{]/.test(head) ? "application/json" : "text/plain";
}
