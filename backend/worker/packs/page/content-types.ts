const PAGES: readonly string[] = ["text/html", "application/xhtml+xml"];
/** Beside every `text/*`, `application/*+json` and `application/*+xml`. */
const TEXTS = new Set(
  ["json", "xml", "yaml", "x-yaml", "x-ndjson", "jsonl", "toml", "javascript", "sql", "csv"].map(
    (name) => `application/${name}`,
  ),
);

const PDFS: readonly string[] = ["application/pdf", "application/x-pdf"];
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/** What servers say of whatever they do not know. */
const UNKNOWN: readonly string[] = ["", "application/octet-stream", "binary/octet-stream"];

/** The media types that can be read, also where the server names none; any other fails with CONTENT_TYPE. */
export const READABLE_TYPES: readonly string[] = [
  ...PAGES,
  "text/*",
  "application/*+json",
  "application/*+xml",
  ...TEXTS,
  ...PDFS,
  DOCX,
  ...UNKNOWN,
];

/** True where the body itself has to tell what it is. */
export function isUnknown(contentType: string): boolean {
  return UNKNOWN.includes(contentType);
}

/** Which kind of document a type is that is neither page nor text. */
export function documentKind(contentType: string): "pdf" | "docx" | undefined {
  if (PDFS.includes(contentType)) return "pdf";
  return contentType === DOCX ? "docx" : undefined;
}

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

/** Archives that begin with a part of any document of Office; which one it is, its reader finds. */
const OFFICE = /^PK[^]*(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/)/;

/** The media type of a body whose server names none, by its first bytes; undefined where it cannot be read. */
export function sniffType(body: Uint8Array): string | undefined {
  const start = body.subarray(0, SNIFFED_BYTES);
  const latin = new TextDecoder("latin1").decode(start);
  if (/^\s{0,20}%PDF-\d/.test(latin)) return "application/pdf";
  if (OFFICE.test(latin)) return DOCX;
  const isUtf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  if (start.includes(0) && !isUtf16) return undefined;
  const text = new TextDecoder(isUtf16 ? (start[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(start);
  const head = text.trimStart();
  if (/^(?:<!--|<!doctype html|<(?:html|head|body|title|meta|script|div|p|h1|table)\b)/i.test(head)) return "text/html";
  if (head.startsWith("<?xml")) return /<html\b/i.test(head) ? "application/xhtml+xml" : "application/xml";
  return /^[[{]/.test(head) ? "application/json" : "text/plain";
}
