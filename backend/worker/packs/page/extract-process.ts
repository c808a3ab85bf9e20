import { urlOffer } from "#core/domain/packs/url.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { isPage } from "./content-types.ts";
import { type FetchedPage, pageOutcome } from "./page-outcome.ts";

serveOutcomes(
  urlOffer,
  (request: FetchedPage & { readonly article: boolean }, enter) => pageOutcome(request, () => enter("searching")),
  // Loading the parser takes longer than reading most documents, and plain ones do without.
  ({ fetched }) => (isPage(fetched.content_type) ? import("./extract-page.ts") : undefined),
);
