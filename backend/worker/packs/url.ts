import type { PackOutcome } from "#core/domain/pack.ts";
import { URL_LIMITS, urlBytesWithin, type UrlInputs, urlOffer, urlUnits } from "#core/domain/packs/url.ts";
import type { Fetched } from "#core/ports/fetch.ts";
import { costExceedsCap, type Pack } from "./pack.ts";
import { isPage, READABLE_TYPES } from "./page/content-types.ts";
import type { PageContent } from "./page/page-content.ts";
import { createPageReader } from "./page/page-reader.ts";
import type { Reading } from "./page/read-document.ts";

function reliabilityOf(page: PageContent, fetched: Fetched, format: UrlInputs["format"]): number {
  const whole = format === "links" || page.article_found || !isPage(fetched.content_type);
  return whole && !page.truncated ? 1 : 0.5;
}

function report(inputs: UrlInputs, fetched: Fetched, { page, sha256 }: Reading): object {
  const { content, article_found, ...about } = page;
  const sought = inputs.format !== "links" && isPage(fetched.content_type);
  return {
    url: inputs.url,
    final_url: fetched.final_url,
    status: fetched.status,
    ...about,
    ...(sought ? { article_found } : {}),
    format: inputs.format,
    [inputs.format]: content,
    sha256,
    bytes: fetched.body.byteLength,
    content_type: fetched.content_type,
    redirects: fetched.redirects,
  };
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
      const fetched = await context.fetch(inputs.url, { signal: context.signal, accept: READABLE_TYPES, maxBytes });
      if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
      if (fetched.kind === "failed" && fetched.reason_code === "TOO_LARGE" && isBoundByCap) return beyond();
      if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
      const { body, content_type, charset, final_url: url } = fetched;
      const document = { body, content_type, charset, url, format: inputs.format };
      const { reading, faults } = await reader.read(document, context.signal);
      if (faults.length > 0) context.log.warn("page not read as an article", { faults, bytes: body.byteLength });
      if (reading === undefined) {
        const detail = "The page could not be read within the bounds of time and memory.";
        return { kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX", detail };
      }
      return {
        kind: "done",
        data: report(inputs, fetched, reading),
        artifacts: [],
        units: urlUnits(body.byteLength),
        reliability: reliabilityOf(reading.page, fetched, inputs.format),
      };
    },
  };
}
