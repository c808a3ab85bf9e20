import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { cut, printable } from "./decode-text.ts";
import { elementsBelow, hasWord, named } from "./elements.ts";

export function label(text: string | null | undefined, most: number = URL_LIMITS.max_label_chars): string | null {
  const line = printable(text ?? "")
    .replace(/\s+/g, " ")
    .trim();
  return line === "" ? null : cut(line, most);
}

/** What a page says of itself, each null where it says nothing. */
export interface PageFacts {
  readonly title: string | null;
  readonly byline: string | null;
  readonly language: string | null;
  readonly description: string | null;
  readonly site_name: string | null;
  /** As the page writes it, by its own word an ISO 8601 time. */
  readonly published_at: string | null;
  readonly image_url: string | null;
  readonly canonical_url: string | null;
}

export const NO_FACTS: PageFacts = {
  title: null,
  byline: null,
  language: null,
  description: null,
  site_name: null,
  published_at: null,
  image_url: null,
  canonical_url: null,
};

/** Names of `<meta>`, the best first. */
const DESCRIPTION = ["description", "og:description", "twitter:description"];
const SITE = ["og:site_name", "application-name"];
const PUBLISHED = ["article:published_time", "datepublished", "date", "dc.date", "dcterms.created", "pubdate"];
const IMAGE = ["og:image", "og:image:url", "twitter:image"];
const AUTHOR = ["author", "article:author", "dc.creator"];
const MAX_BYLINE_CHARS = 100;

function languageOf(document: Document): string | null {
  const language = document.documentElement.getAttribute("lang")?.trim() ?? "";
  return /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/.test(language) ? language : null;
}

function webUrl(text: string | null | undefined, base: string): string | null {
  const url = text ? URL.parse(text.trim(), base) : null;
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.href.length <= URL_LIMITS.max_url_chars;
  return isUsable ? url.href : null;
}

/** The contents of `<meta>` by name, in lower case; of two the first. */
function metasOf(elements: readonly Element[]): ReadonlyMap<string, string> {
  const metas = new Map<string, string>();
  for (const meta of named(elements, "meta")) {
    const content = meta.getAttribute("content")?.trim() ?? "";
    for (const attribute of ["name", "property", "itemprop"]) {
      const name = meta.getAttribute(attribute)?.trim().toLowerCase();
      if (name && content !== "" && !metas.has(name)) metas.set(name, content);
    }
  }
  return metas;
}

/** Who wrote a page, beside its text. */
function shownAuthor(elements: readonly Element[]): string | undefined {
  for (const element of elements) {
    const isAuthor =
      hasWord(element, "rel", "author") ||
      hasWord(element, "itemprop", "author") ||
      hasWord(element, "class", "byline", "author");
    const text = isAuthor ? (element.textContent?.trim() ?? "") : "";
    if (text !== "" && text.length < MAX_BYLINE_CHARS) return text;
  }
  return undefined;
}

/** Reads what a page says of itself, of the whole page: its title and author often stand beside its text. */
export function pageFacts(document: Document): PageFacts {
  const base = document.baseURI;
  const elements = elementsBelow(document.documentElement);
  const metas = metasOf(elements);
  const content = (names: readonly string[]) => names.map((name) => metas.get(name)).find(Boolean) ?? null;
  const author = content(AUTHOR);
  const isTime = (time: Element) => hasWord(time, "itemprop", "datepublished") || time.hasAttribute("pubdate");
  const time = named(elements, "time").find(isTime)?.getAttribute("datetime");
  const canonical = named(elements, "link")
    .find((link) => hasWord(link, "rel", "canonical"))
    ?.getAttribute("href");
  return {
    title: label(document.title),
    // An address in its place is of a profile, not a name.
    byline: label(author === null || /^https?:/i.test(author) ? shownAuthor(elements) : author),
    language: languageOf(document),
    description: label(content(DESCRIPTION)),
    site_name: label(content(SITE)),
    published_at: label(content(PUBLISHED) ?? time, URL_LIMITS.max_time_chars),
    image_url: webUrl(content(IMAGE), base),
    canonical_url: webUrl(canonical, base),
  };
}
