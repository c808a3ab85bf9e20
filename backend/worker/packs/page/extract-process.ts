import { urlOffer } from "#core/domain/packs/url.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { documentKind, isPage } from "./content-types.ts";
import { type FetchedPage, pageOutcome } from "./page-outcome.ts";

serveOutcomes(
  urlOffer,
  (request: FetchedPage & { readonly article: boolean }, enter) => pageOutcome(request, () => enter("searching")),
  // Loading the parser takes longer than reading most documents, and plain ones do without.
  async ({ fetched: { content_type } }) => {
    const kind = documentKind(content_type);
    if (isPage(content_type) || kind !== undefined) await import("./extract-page.ts");
    if (kind === "pdf") await import("../document/read-pdf.ts");
    if (kind === "docx") await import("../document/read-docx.ts");
  },
);
