import type { PackOutcome } from "#core/domain/pack.ts";
import { URL_LIMITS, urlBytesWithin, type UrlInputs, urlOffer } from "#core/domain/packs/url.ts";
import { MAX_REDIRECTS } from "#core/domain/web-address.ts";
import { failed, type FetchOutcome } from "#core/ports/fetch.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";
import { isPage, isUnknown, READABLE_TYPES, sniffType } from "./page/content-types.ts";
import { refreshTarget } from "./page/meta-refresh.ts";
import { createPageReader } from "./page/page-reader.ts";

/** How often a page may lead on to another by itself. */
const MAX_REFRESHES = 2;
/** A longer page that leads on is one to be read; only the last one is charged. */
const MAX_REFRESH_BYTES = 100_000;

/** Fetches a page, and what it leads on to by itself. What a refresh leads to in vain leaves the page as it was. */
async function fetchPage(
  { url }: UrlInputs,
  { fetch, signal }: Pick<PackContext, "fetch" | "signal">,
  maxBytes: number,
): Promise<FetchOutcome> {
  const get = (address: string) => fetch(address, { signal, accept: READABLE_TYPES, maxBytes });
  let fetched = typed(await get(url));
  for (let refreshes = 0; refreshes < MAX_REFRESHES && fetched.kind === "ok"; refreshes++) {
    const before = fetched;
    const isShort = isPage(before.content_type) && before.body.byteLength <= MAX_REFRESH_BYTES;
    const target = isShort ? refreshTarget(before.body, before.final_url) : undefined;
    if (target === undefined || target.length > URL_LIMITS.max_url_chars) break;
    const next = typed(await get(target));
    if (next.kind !== "ok") break;
    const redirects = [...before.redirects, target, ...next.redirects];
    if (redirects.length > MAX_REDIRECTS) break;
    fetched = { ...next, redirects };
  }
  return fetched;
}

/** With the type that the body has where the server named none. */
function typed(fetched: FetchOutcome): FetchOutcome {
  if (fetched.kind !== "ok" || !isUnknown(fetched.content_type)) return fetched;
  const content_type = sniffType(fetched.body);
  if (content_type !== undefined) return { ...fetched, content_type };
  return failed("CONTENT_TYPE", "The server does not say what the body is, and it is neither text nor a PDF or DOCX.");
}

/** The `url` pack. Whatever grows with the size of a body is left to the reader and its processes. */
export function urlPack(reader = createPageReader()): Pack<UrlInputs> {
  return {
    offer: urlOffer,
    async run(inputs, context): Promise<PackOutcome> {
      const maxBytes = urlBytesWithin(context.cap);
      const isBoundByCap = maxBytes < URL_LIMITS.max_body_bytes;
      const beyond = () => costExceedsCap(`max_cost_usd covers a body of at most ${maxBytes} bytes, decompressed.`);
      if (maxBytes === 0) return beyond();
      const fetched = await fetchPage(inputs, context, maxBytes);
      if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
      if (fetched.kind === "failed" && fetched.reason_code === "TOO_LARGE" && isBoundByCap) return beyond();
      if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
      const { outcome, failures } = await reader.read({ inputs, fetched }, context);
      if (failures.length > 0) {
        context.log.warn("page not read as an article", { failures, bytes: fetched.body.byteLength });
      }
      if (outcome !== undefined) return outcome;
      const detail = "The page or document could not be read within the bounds of time and memory.";
      return { kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX", detail };
    },
  };
}
