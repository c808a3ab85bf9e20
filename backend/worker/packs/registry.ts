import { charPack } from "./char.ts";
import { compliancePack } from "./compliance.ts";
import { decisionPack } from "./decision.ts";
import type { ModelSettings } from "./decision/model.ts";
import { evalPack } from "./eval.ts";
import { ocrPack } from "./ocr.ts";
import type { Pack } from "./pack.ts";
import { urlPack } from "./url.ts";

/** What the operator may configure; every part has a working default. */
export interface PackSettings {
  readonly decisionModel?: ModelSettings;
}

/** Every pack by type, ready to run. A new pack is one line here and one in the catalogue. */
export function createPacks(settings: PackSettings): ReadonlyMap<string, Pack> {
  const packs: readonly Pack[] = [
    decisionPack(settings.decisionModel),
    urlPack(),
    charPack(),
    evalPack(),
    compliancePack(),
    ocrPack(),
  ];
  return new Map(packs.map((pack) => [pack.offer.type, pack]));
}
