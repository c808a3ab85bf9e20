import type { PackOffer } from "../pack.ts";
import { charOffer } from "./char.ts";
import { complianceOffer } from "./compliance.ts";
import { decisionOffer } from "./decision.ts";
import { evalOffer } from "./eval.ts";
import { extractOffer } from "./extract.ts";
import { ocrOffer } from "./ocr.ts";
import { urlOffer } from "./url.ts";

const offers: readonly PackOffer[] = [
  decisionOffer,
  urlOffer,
  charOffer,
  evalOffer,
  complianceOffer,
  ocrOffer,
  extractOffer,
];

/** Everything that can be bought, by type. A new pack is one line here and one in the worker's registry. */
export const catalog: ReadonlyMap<string, PackOffer> = new Map(offers.map((offer) => [offer.type, offer]));
