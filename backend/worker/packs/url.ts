import type { PackOutcome } from "#core/domain/pack.ts";
import { type UrlInputs, urlOffer } from "#core/domain/packs/url.ts";
import type { Pack } from "./pack.ts";
import { READABLE_TYPES } from "./page/content-types.ts";
import { createPageReader } from "./page/page-reader.ts";

/** The `url` pack. Whatever grows with the size of a body is left to the reader and its processes. */
export function urlPack(reader = createPageReader()): Pack<UrlInputs> {
  return {
    offer: urlOffer,
    async run(inputs, context): Promise<PackOutcome> {
      const fetched = await context.fetch(inputs.url, { signal: context.signal, accept: READABLE_TYPES });
      if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
      if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
      const { outcome, faults } = await reader.read({ inputs, fetched }, context);
      if (faults.length > 0) {
        context.log.warn("page not read as an article", { faults, bytes: fetched.body.byteLength });
      }
      if (outcome !== undefined) return outcome;
      const detail = "The page could not be read within the bounds of time and memory.";
      return { kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX", detail };
    },
  };
}
