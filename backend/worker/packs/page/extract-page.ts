import { Readability } from "@mozilla/readability";
import { JSDOM, VirtualConsole } from "jsdom";
import { URL_LIMITS, type UrlInputs } from "#core/domain/packs/url.ts";
import { readSelector, type SelectorChain } from "#core/domain/packs/url-selectors.ts";
import { UnreadableDocument } from "../document/document.ts";
import { blockText } from "./block-text.ts";
import { cut, printable } from "./decode-text.ts";
import { removeHidden } from "./hidden.ts";
import { toMarkdown } from "./markdown.ts";
import { label, pageFacts } from "./page-facts.ts";
import { urlsIn } from "./plain-content.ts";
import { preparePage } from "./prepare-page.ts";
import { selectElements } from "./select-elements.ts";
import { collectLinks, type Link, type PageContent } from "./page-content.ts";

/** Pages with more elements than this are not searched for an article: the search is worse than linear. */
const ARTICLE_ELEMENTS = 20_000;
/** A page's own main part with less text than this is an empty frame that scripts would fill. */
const MAIN_CHARS = 200;
/** Less text than this was no article to the search itself; it is one only where the page has little more. */
const ARTICLE_CHARS = 500;
const ARTICLE_SHARE = 0.1;
/** An article of a smaller share of its page may be the wrong one. */
const DOUBTFUL_SHARE = 0.25;
/** What stands before the main part and has more text is more than its introduction. */
const INTRODUCTION_CHARS = 2_000;
/** An empty place may say "Loading". */
const SCRAP_CHARS = 40;

export interface PageRequest {
  readonly html: string;
  /** Where the page came from: relative links count from there. */
  readonly url: string;
  readonly format: UrlInputs["format"];
  readonly selectors?: UrlInputs["selectors"];
  /** Whether to look for an article at all. */
  readonly article: boolean;
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
    const text =
      label(anchor.textContent) ??
      label(anchor.querySelector("img[alt]")?.getAttribute("alt")) ??
      label(anchor.getAttribute("aria-label")) ??
      label(anchor.getAttribute("title") ?? anchor.getAttribute("alt"));
    yield { url: anchor.getAttribute("href") ?? "", text: text ?? "" };
  }
}

/** What introduces the main part from right before it: the page's only heading of the first rank, and what goes with it. */
function introductionOf(main: Element): Element | undefined {
  if (main.querySelector("h1") !== null) return undefined;
  for (let place: Element | null = main; place !== null && place.nodeName !== "BODY"; place = place.parentElement) {
    const before = place.previousElementSibling;
    if (before === null) continue;
    const isIntroduction = before.nodeName === "H1" || before.querySelector("h1") !== null;
    return isIntroduction && blockText(before).length < INTRODUCTION_CHARS ? before : undefined;
  }
  return undefined;
}

/**
 * Where a page says once which part of it is the main one, all around that is put aside, data about the page apart.
 * Returns the heading that stood before it.
 */
function keepMain(document: Document): string | null {
  const [main, ...others] = document.querySelectorAll("main, [role=main i]");
  if (main === undefined || others.length > 0 || blockText(main).length < MAIN_CHARS) return null;
  const introduction = introductionOf(main);
  if (introduction !== undefined) {
    for (const around of introduction.querySelectorAll("nav, form")) around.remove();
    main.prepend(introduction);
  }
  document.body.replaceChildren(...document.querySelectorAll('body script[type="application/ld+json"]'), main);
  return introduction === undefined ? null : label(main.querySelector("h1")?.textContent);
}

function articleOf(document: Document) {
  const whole = blockText(document.body).length;
  const article = new Readability<Element>(document, { serializer: (node) => node as Element }).parse();
  const length = article?.textContent?.trim().length ?? 0;
  const isScrap = length < ARTICLE_CHARS && length < ARTICLE_SHARE * whole;
  if (!article?.content || length === 0 || isScrap) return null;
  return { ...article, content: article.content, doubtful: length < DOUBTFUL_SHARE * whole };
}

const FRAMES = "#root, #app, #__next, #__nuxt, #___gatsby, [ng-app], app-root, [data-reactroot]";
const ASKS_FOR_SCRIPTS = /\b(?:enable|turn on|requires?|needs?|without)\b[^.]{0,40}\bjava ?script\b/i;

/** Whether a page is the frame of an application: next to no text, and an empty place that scripts would fill. */
function isEmptyFrame(document: Document): boolean {
  if (document.querySelector("script") === null || blockText(document.body).length >= MAIN_CHARS) return false;
  const isEmpty = (element: Element) => blockText(element).length < SCRAP_CHARS;
  if ([...document.querySelectorAll(FRAMES)].some(isEmpty)) return true;
  return [...document.querySelectorAll("noscript")].some(({ textContent }) => ASKS_FOR_SCRIPTS.test(textContent ?? ""));
}

const chainsOf = (selectors: readonly string[]): SelectorChain[] =>
  selectors.flatMap((text) => {
    const read = readSelector(text);
    return typeof read === "string" ? [] : [...read];
  });

/** Leaves of a page what is asked for. */
function select({ body }: Document, { include, exclude }: NonNullable<UrlInputs["selectors"]> = {}): void {
  if (exclude !== undefined) for (const each of selectElements(body, chainsOf(exclude))) each.remove();
  if (include === undefined) return;
  const chosen = selectElements(body, chainsOf(include), true);
  if (chosen.length === 0)
    throw new UnreadableDocument("NOTHING_SELECTED", "No element of the page matches selectors.include.");
  body.replaceChildren(...chosen);
}

function prepared({ html, url, selectors }: PageRequest): Document {
  const document = parse(html, url);
  removeHidden(document);
  select(document, selectors);
  preparePage(document);
  keepMain(document);
  return document;
}

/** Notes in a document lead to each other; nothing outside it can be led to them. */
function unlinkNotes(document: Document): void {
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (link.textContent?.trim() === "↑") link.remove();
    else link.replaceWith(...link.childNodes);
}

/** Writes what was read of a document that is no page. */
export function writeDocument(
  html: string,
  { url, format }: Pick<PageRequest, "url" | "format">,
): Pick<PageContent, "content" | "truncated"> & { readonly heading: string | null } {
  const { window } = new JSDOM("", { url, virtualConsole: new VirtualConsole() });
  const document = new window.DOMParser().parseFromString(html, "text/html");
  unlinkNotes(document);
  makeAbsolute(document);
  if (format === "links") {
    const { links, truncated } = collectLinks([...anchors(document), ...urlsIn(blockText(document.body))], url);
    return { content: links, truncated, heading: null };
  }
  const heading = label(document.querySelector("h1")?.textContent);
  preparePage(document);
  const content = format === "markdown" ? toMarkdown(document.body) : blockText(document.body);
  const truncated = content.length > URL_LIMITS.max_text_chars;
  return { content: printable(cut(content, URL_LIMITS.max_text_chars)), truncated, heading };
}

/**
 * Reads a page as a person would. Pure but for its cost: time and memory grow with the page, so that it belongs in a
 * process that can be ended. Throws RangeError for a page nested deeper than the stack. `onSearch` is called when the
 * page is parsed and the search for an article begins, which may cost much more than the rest. Throws UnreadableDocument where nothing is selected.
 */
export function extractPage(request: PageRequest, onSearch: () => void = () => undefined): PageContent {
  const { html, url, format, article, selectors } = request;
  const document = parse(html, url);
  removeHidden(document);
  const facts = pageFacts(document);
  const isFrame = isEmptyFrame(document);
  select(document, selectors);
  if (format === "links") {
    const { links, truncated } = collectLinks(anchors(document), url);
    const needs_scripts = isFrame && links.length === 0;
    return { facts, content: links, article_found: false, needs_scripts, doubtful: false, truncated };
  }
  preparePage(document);
  const isChosen = selectors?.include !== undefined;
  const heading = isChosen ? null : keepMain(document);
  const searched = article && !isChosen && document.getElementsByTagName("*").length <= ARTICLE_ELEMENTS;
  if (searched) onSearch();
  const found = searched ? articleOf(document) : null;
  // The search takes the document apart, so that what it did not want has to be parsed again.
  const root = found?.content ?? (searched ? prepared(request) : document).body;
  const content = format === "markdown" ? toMarkdown(root) : blockText(root);
  return {
    facts: {
      ...facts,
      title: heading ?? label(found?.title) ?? facts.title,
      byline: label(found?.byline) ?? facts.byline,
      site_name: facts.site_name ?? label(found?.siteName),
      published_at: facts.published_at ?? label(found?.publishedTime, URL_LIMITS.max_time_chars),
    },
    content: printable(cut(content, URL_LIMITS.max_text_chars)),
    article_found: found !== null,
    // What has a text is paid for, however it came about.
    needs_scripts: isFrame && content.length < MAIN_CHARS,
    doubtful: found?.doubtful ?? false,
    truncated: content.length > URL_LIMITS.max_text_chars,
  };
}
