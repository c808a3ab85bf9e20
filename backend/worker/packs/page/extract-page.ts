import { Readability } from "@mozilla/readability";
import { JSDOM, VirtualConsole } from "jsdom";
import { URL_LIMITS, type UrlInputs } from "#core/domain/packs/url.ts";
import { blockText } from "./block-text.ts";
import { cut, printable } from "./decode-text.ts";
import { toMarkdown } from "./markdown.ts";
import { collectLinks, type Link, type PageContent } from "./page-content.ts";

/** Pages with more elements than this are not searched for an article: the search is worse than linear. */
const ARTICLE_ELEMENTS = 20_000;
/** A page's own main part with less text than this is an empty frame that scripts would fill. */
const MAIN_CHARS = 200;
/** Less text than this was no article to the search itself; it is one only where the page has little more. */
const ARTICLE_CHARS = 500;
const ARTICLE_SHARE = 0.1;

export interface PageRequest {
  readonly html: string;
  /** Where the page came from: relative links count from there. */
  readonly url: string;
  readonly format: UrlInputs["format"];
  /** Whether to look for an article at all. */
  readonly article: boolean;
}

function label(text: string | null | undefined): string | null {
  const line = printable(text ?? "")
    .replace(/\s+/g, " ")
    .trim();
  return line === "" ? null : cut(line, URL_LIMITS.max_label_chars);
}

function languageOf(document: Document): string | null {
  const language = document.documentElement.getAttribute("lang")?.trim() ?? "";
  return /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/.test(language) ? language : null;
}

// A document of DOMParser has no browsing context: no script runs, no frame, style or image is ever loaded.
function parse(html: string, url: string): Document {
  const { window } = new JSDOM("", { url, virtualConsole: new VirtualConsole() });
  const document = new window.DOMParser().parseFromString(html, "text/html");
  makeAbsolute(document);
  return document;
}

function makeAbsolute(document: Document): void {
  const base = document.baseURI;
  for (const [selector, name] of [
    ["a[href], area[href]", "href"],
    ["img[src]", "src"],
  ] as const) {
    for (const element of document.querySelectorAll(selector)) {
      const target = URL.parse(element.getAttribute(name) ?? "", base);
      if (target !== null && /^(?:https?|mailto):$/.test(target.protocol)) element.setAttribute(name, target.href);
      else element.removeAttribute(name);
    }
  }
}

function* anchors(document: Document): Generator<Link> {
  for (const anchor of document.querySelectorAll("a[href], area[href]")) {
    const text = label(anchor.textContent) ?? label(anchor.getAttribute("title") ?? anchor.getAttribute("alt"));
    yield { url: anchor.getAttribute("href") ?? "", text: text ?? "" };
  }
}

/** Where a page says once which part of it is the main one, all around that is put aside, data about the page apart. */
function keepMain(document: Document): void {
  const [main, ...others] = document.querySelectorAll("main, [role=main i]");
  if (main === undefined || others.length > 0 || blockText(main).length < MAIN_CHARS) return;
  document.body.replaceChildren(...document.querySelectorAll('body script[type="application/ld+json"]'), main);
}

function articleOf(document: Document) {
  keepMain(document);
  const whole = blockText(document.body).length;
  const article = new Readability<Element>(document, { serializer: (node) => node as Element }).parse();
  const length = article?.textContent?.trim().length ?? 0;
  const isScrap = length < ARTICLE_CHARS && length < ARTICLE_SHARE * whole;
  return article?.content && length > 0 && !isScrap ? { ...article, content: article.content } : null;
}

/**
 * Reads a page as a person would. Pure but for its cost: time and memory grow with the page, so that it belongs in a
 * process that can be ended. Throws RangeError for a page nested deeper than the stack. `onSearch` is called when the
 * page is parsed and the search for an article begins, which may cost much more than the rest.
 */
export function extractPage(
  { html, url, format, article }: PageRequest,
  onSearch: () => void = () => undefined,
): PageContent {
  const document = parse(html, url);
  const title = label(document.title);
  const byline = label(document.querySelector('meta[name="author" i]')?.getAttribute("content"));
  const language = languageOf(document);
  if (format === "links") {
    const { links, truncated } = collectLinks(anchors(document), url);
    return { title, byline, language, content: links, article_found: false, truncated };
  }
  const searched = article && document.getElementsByTagName("*").length <= ARTICLE_ELEMENTS;
  if (searched) onSearch();
  const found = searched ? articleOf(document) : null;
  // The search takes the document apart, so that what it did not want has to be parsed again.
  const root = found?.content ?? (searched ? parse(html, url) : document).body;
  const content = format === "markdown" ? toMarkdown(root) : blockText(root);
  return {
    title: label(found?.title) ?? title,
    byline: label(found?.byline) ?? byline,
    language,
    content: printable(cut(content, URL_LIMITS.max_text_chars)),
    article_found: found !== null,
    truncated: content.length > URL_LIMITS.max_text_chars,
  };
}
