import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { cut } from "./decode-text.ts";
import type { PageFacts } from "./page-facts.ts";

export interface Link {
  readonly url: string;
  readonly text: string;
}

export interface PageContent {
  readonly facts: PageFacts;
  readonly content: string | readonly Link[];
  readonly article_found: boolean;
  /** The page shows nothing before its scripts have run, which no reading does. */
  readonly needs_scripts: boolean;
  /** Whether the article is so small a part of its page that it may be the wrong one. */
  readonly doubtful: boolean;
  readonly truncated: boolean;
  /** Of a document that has pages. */
  readonly paging?: Paging;
}

interface Paging {
  /** Undefined where the document does not say. */
  readonly pages: number | undefined;
  readonly pages_read: number | undefined;
  readonly pages_without_text: number;
}

/** Collects distinct http(s) links without their fragments, in order, but for links to the page itself. */
export function collectLinks(found: Iterable<Link>, page: string): { links: Link[]; truncated: boolean } {
  const links = new Map<string, Link>();
  const own = page.replace(/#.*$/s, "");
  for (const { url, text } of found) {
    const target = URL.parse(url);
    if (target === null || !/^https?:$/.test(target.protocol)) continue;
    target.hash = "";
    const { href } = target;
    if (href === own || href.length > URL_LIMITS.max_url_chars || links.has(href)) continue;
    if (links.size === URL_LIMITS.max_links) return { links: [...links.values()], truncated: true };
    links.set(href, { url: href, text: cut(text, URL_LIMITS.max_link_text_chars) });
  }
  return { links: [...links.values()], truncated: false };
}
