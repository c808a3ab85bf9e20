import type { PackOutcome } from "#core/domain/pack.ts";
import { URL_LIMITS, urlBytesWithin, type UrlInputs, urlOffer } from "#core/domain/packs/url.ts";
import { costExceedsCap, type Pack } from "./pack.ts";
import { READABLE_TYPES } from "./page/content-types.ts";
import { createPageReader } from "./page/page-reader.ts";

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
      const { outcome, failures } = await reader.read({ inputs, fetched }, context);
      if (failures.length > 0) {
        context.log.warn("page not read as an article", { failures, bytes: fetched.body.byteLength });
      }
      if (outcome !== undefined) return outcome;
      const detail = "The page could not be read within the bounds of time and memory.";
      return { kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX", detail };
    },
  };
}
