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

/** The media types that can be read; any other fails with CONTENT_TYPE. */
export const READABLE_TYPES: readonly string[] = [...PAGES, ...TEXTS];

/** True for HTML, which is searched for an article; every other readable type is taken as it is. */
export function isPage(contentType: string): boolean {
  return PAGES.includes(contentType);
}

/** True for what may declare its own encoding. */
export function isMarkup(contentType: string): boolean {
  return isPage(contentType) || contentType.endsWith("xml");
}
