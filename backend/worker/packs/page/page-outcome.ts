import type { PackOutcome } from "#core/domain/pack.ts";
import { type UrlInputs, urlUnits } from "#core/domain/packs/url.ts";
import type { Fetched } from "#core/ports/fetch.ts";
import { isPage } from "./content-types.ts";
import type { PageContent } from "./page-content.ts";
import { UnreadableDocument } from "../document/document.ts";
import { readDocument, type DocumentRequest, type Reading } from "./read-document.ts";

export interface FetchedPage {
  readonly inputs: UrlInputs;
  readonly fetched: Fetched;
}

/** `isAsked`: what is read is what was asked for, not what was found. */
function reliabilityOf(page: PageContent, fetched: Fetched, isAsked: boolean): number {
  if (page.needs_scripts || needsOcr(page)) return 0;
  const { pages_read = 0, pages_without_text = 0 } = page.paging ?? {};
  const whole = isAsked || page.article_found || !isPage(fetched.content_type);
  return whole && !page.truncated && !page.doubtful && 2 * pages_without_text <= pages_read ? 1 : 0.5;
}

/** Pages without text are pictures of pages, as a scanner makes them. */
const needsOcr = ({ paging }: PageContent): boolean =>
  paging?.pages_read !== undefined && paging.pages_read === paging.pages_without_text;

function pagingOf(page: PageContent) {
  const { pages, pages_read } = page.paging ?? {};
  return {
    ...(pages === undefined ? {} : { pages }),
    ...(pages_read === undefined ? {} : { pages_read, needs_ocr: needsOcr(page) }),
  };
}

async function readingOf(request: DocumentRequest, onSearch: () => void): Promise<Reading | PackOutcome> {
  try {
    return await readDocument(request, onSearch);
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    return { kind: "pack_failed", reason_code: error.reason_code, detail: error.detail };
  }
}

/** What the pack makes of a page that was fetched; see {@link readDocument}. `article`: whether to look for one. */
export async function pageOutcome(
  { inputs, fetched, article }: FetchedPage & { readonly article: boolean },
  onSearch: () => void,
): Promise<PackOutcome> {
  const { format, selectors } = inputs;
  const isChosen = selectors?.include !== undefined;
  const { body, content_type, charset, final_url } = fetched;
  const document = { body, content_type, charset, url: final_url, format, article, selectors };
  const reading = await readingOf(document, onSearch);
  if ("kind" in reading) return reading;
  const { page, sha256 } = reading;
  const { content, article_found, facts, needs_scripts, truncated } = page;
  const sought = format !== "links" && isPage(content_type) && !isChosen;
  const data = {
    url: inputs.url,
    final_url,
    status: fetched.status,
    ...facts,
    truncated,
    needs_scripts,
    ...(sought ? { article_found } : {}),
    ...pagingOf(page),
    format,
    [format]: content,
    sha256,
    bytes: body.byteLength,
    content_type,
    redirects: fetched.redirects,
  };
  const reliability = reliabilityOf(page, fetched, format === "links" || isChosen);
  return {
    kind: "done",
    data,
    artifacts: [],
    // What shows nothing costs no more than the smallest page.
    units: urlUnits(needs_scripts || needsOcr(page) ? 0 : body.byteLength),
    reliability,
  };
}
