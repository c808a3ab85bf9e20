import { URL_LIMITS, type UrlInputs } from "#core/domain/packs/url.ts";
import { cut, printable } from "./decode-text.ts";
import { NO_FACTS } from "./page-facts.ts";
import { collectLinks, type Link, type PageContent } from "./page-content.ts";

const PLAIN_URL = /https?:\/\/[^\s<>"'`\\]+/g;

const PUNCTUATION = new Set(".,;:!?)]}");

/** Without the punctuation that ends a sentence. A loop: a pattern would start again at each of a million full stops. */
function trimmed(url: string): string {
  let end = url.length;
  while (end > 0 && PUNCTUATION.has(url.charAt(end - 1))) end--;
  return url.slice(0, end);
}

/** The http(s) URLs in a text. */
export function* urlsIn(text: string): Generator<Link> {
  for (const [match] of text.matchAll(PLAIN_URL)) {
    const url = trimmed(match);
    if (url.length <= URL_LIMITS.max_url_chars) yield { url, text: "" };
  }
}

/** Plain text or data as it is, or the http(s) URLs that stand in it. Time grows with the text. */
export function plainContent(text: string, page: string, format: UrlInputs["format"]): PageContent {
  const plain = { facts: NO_FACTS, article_found: false, needs_scripts: false, doubtful: false };
  if (format === "links") {
    const { links, truncated } = collectLinks(urlsIn(text), page);
    return { ...plain, content: links, truncated };
  }
  const content = printable(cut(text, URL_LIMITS.max_text_chars));
  return { ...plain, content, truncated: text.length > URL_LIMITS.max_text_chars };
}
