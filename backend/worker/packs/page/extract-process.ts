import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { type FetchedPage, pageOutcome } from "./page-outcome.ts";

serveOutcomes((request: FetchedPage & { readonly article: boolean }, enter) =>
  pageOutcome(request, () => enter("searching")),
);
