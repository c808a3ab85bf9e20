import type { PackOutcome } from "#core/domain/pack.ts";
import { type UrlInputs, urlUnits } from "#core/domain/packs/url.ts";
import type { Fetched } from "#core/ports/fetch.ts";
import { isPage } from "./content-types.ts";
import type { PageContent } from "./page-content.ts";
import { readDocument } from "./read-document.ts";

export interface FetchedPage {
  readonly inputs: UrlInputs;
  readonly fetched: Fetched;
}

function reliabilityOf(page: PageContent, fetched: Fetched, format: UrlInputs["format"]): number {
  if (page.needs_scripts) return 0;
  const whole = format === "links" || page.article_found || !isPage(fetched.content_type);
  return whole && !page.truncated && !page.doubtful ? 1 : 0.5;
}

/** What the pack makes of a page that was fetched; see {@link readDocument}. `article`: whether to look for one. */
export async function pageOutcome(
  { inputs, fetched, article }: FetchedPage & { readonly article: boolean },
  onSearch: () => void,
): Promise<PackOutcome> {
  const { format } = inputs;
  const { body, content_type, charset, final_url } = fetched;
  const document = { body, content_type, charset, url: final_url, format, article };
  const { page, sha256 } = await readDocument(document, onSearch);
  const { content, article_found, facts, needs_scripts, truncated } = page;
  const sought = format !== "links" && isPage(content_type);
  const data = {
    url: inputs.url,
    final_url,
    status: fetched.status,
    ...facts,
    truncated,
    needs_scripts,
    ...(sought ? { article_found } : {}),
    format,
    [format]: content,
    sha256,
    bytes: body.byteLength,
    content_type,
    redirects: fetched.redirects,
  };
  const reliability = reliabilityOf(page, fetched, format);
  return {
    kind: "done",
    data,
    artifacts: [], // A page that shows nothing costs no more than the smallest one.
    units: urlUnits(needs_scripts ? 0 : body.byteLength),
    reliability,
  };
}
