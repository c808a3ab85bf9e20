import { createHash } from "node:crypto";
import type { PackOutcome } from "#core/domain/pack.ts";
import { URL_LIMITS, type UrlInputs, urlOffer, urlUnits } from "#core/domain/packs/url.ts";
import type { Fetched } from "./fetch/fetch-outcome.ts";
import type { Pack, PackContext } from "./pack.ts";
import { cut, decodeText, printable } from "./page/decode-text.ts";
import { EXTRACT_LIMITS, extractInThread } from "./page/extract-in-thread.ts";
import { collectLinks, type PageContent } from "./page/page-content.ts";

const PAGES: readonly string[] = ["text/html", "application/xhtml+xml"];
const TEXTS: readonly string[] = [
  "text/plain",
  "text/markdown",
  "text/csv",
  "text/xml",
  "application/json",
  "application/ld+json",
  "application/xml",
  "application/rss+xml",
  "application/atom+xml",
];

/** What a page may be; anything else fails with CONTENT_TYPE. */
const READABLE_TYPES: readonly string[] = [...PAGES, ...TEXTS];

const PLAIN_URL = /https?:\/\/[^\s<>"'`\\]+/g;

const PUNCTUATION = new Set(".,;:!?)]}");

/** Without the punctuation that ends a sentence. A loop: a pattern would look anew at each of a million full stops. */
function trimmed(url: string): string {
  let end = Math.min(url.length, URL_LIMITS.max_url_chars);
  while (end > 0 && PUNCTUATION.has(url.charAt(end - 1))) end--;
  return url.slice(0, end);
}

function* urlsIn(text: string) {
  for (const [url] of text.matchAll(PLAIN_URL)) yield { url: trimmed(url), text: "" };
}

function plainContent(text: string, page: string, format: UrlInputs["format"]): PageContent {
  const plain = { title: null, byline: null, language: null, article_found: false };
  if (format === "links") {
    const { links, truncated } = collectLinks(urlsIn(text), page);
    return { ...plain, content: links, truncated };
  }
  const whole = printable(text);
  return {
    ...plain,
    content: cut(whole, URL_LIMITS.max_text_chars),
    truncated: whole.length > URL_LIMITS.max_text_chars,
  };
}

async function readPage(
  fetched: Fetched,
  format: UrlInputs["format"],
  { signal, log }: PackContext,
): Promise<PageContent | undefined> {
  const isPage = PAGES.includes(fetched.content_type);
  const text = decodeText(fetched.body, fetched.charset, isPage || fetched.content_type.endsWith("xml"));
  if (!isPage) return plainContent(text, fetched.final_url, format);
  const html = cut(text, EXTRACT_LIMITS.max_parsed_chars);
  const { page, faults } = await extractInThread({ html, url: fetched.final_url, format, article: true }, signal);
  if (faults.length > 0) log.warn("page not read as an article", { faults, bytes: fetched.body.byteLength });
  return page && { ...page, truncated: page.truncated || html.length < text.length };
}

function reliabilityOf(page: PageContent, fetched: Fetched, format: UrlInputs["format"]): number {
  const whole = format === "links" || page.article_found || !PAGES.includes(fetched.content_type);
  return whole && !page.truncated ? 1 : 0.5;
}

function report(inputs: UrlInputs, fetched: Fetched, page: PageContent): object {
  const { content, article_found, ...about } = page;
  const sought = inputs.format !== "links" && PAGES.includes(fetched.content_type);
  return {
    url: inputs.url,
    final_url: fetched.final_url,
    status: fetched.status,
    ...about,
    ...(sought ? { article_found } : {}),
    format: inputs.format,
    [inputs.format]: content,
    sha256: createHash("sha256").update(fetched.body).digest("hex"),
    bytes: fetched.body.byteLength,
    content_type: fetched.content_type,
    redirects: fetched.redirects,
  };
}

/** The `url` pack. */
export function urlPack(): Pack<UrlInputs> {
  return {
    offer: urlOffer,
    async run(inputs, context): Promise<PackOutcome> {
      const fetched = await context.fetch(inputs.url, { signal: context.signal, accept: READABLE_TYPES });
      if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
      if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
      const page = await readPage(fetched, inputs.format, context);
      if (page === undefined) {
        const detail = "The page could not be read within the bounds of time and memory.";
        return { kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX", detail };
      }
      return {
        kind: "done",
        data: report(inputs, fetched, page),
        artifacts: [],
        units: urlUnits(fetched.body.byteLength),
        reliability: reliabilityOf(page, fetched, inputs.format),
      };
    },
  };
}
