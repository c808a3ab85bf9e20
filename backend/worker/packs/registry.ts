import { charPack } from "./char.ts";
import { compliancePack, compliancePool } from "./compliance.ts";
import { answerChecker, answerPool } from "./decision/check-answer.ts";
import { decisionPack, decisionPool } from "./decision.ts";
import type { ModelSettings } from "./model/request.ts";
import { evalPack, evalPool } from "./eval.ts";
import { extractPack } from "./extract.ts";
import { extractPool } from "./extract/judge-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import { ocrPack, ocrPool } from "./ocr.ts";
import type { Pack } from "./pack.ts";
import { createPageReader, READER_LIMITS } from "./page/page-reader.ts";
import { urlPack } from "./url.ts";

/** What the operator may configure; every part has a working default. */
export interface PackSettings {
  readonly model?: ModelSettings;
  /** Of the processes of each pack. */
  readonly limits?: PoolLimits;
}

/** Every pack by type, ready to run. A new pack is one line here and one in the catalogue. */
export function createPacks({ model, limits }: PackSettings): ReadonlyMap<string, Pack> {
  const url = urlPack(createPageReader({ ...READER_LIMITS, ...limits }));
  const packs: readonly Pack[] = [
    decisionPack(model, decisionPool(limits), answerChecker(answerPool(limits))),
    url,
    charPack(),
    evalPack(evalPool(limits), model),
    compliancePack(compliancePool(limits)),
    ocrPack(ocrPool(limits)),
    extractPack(model, url, extractPool(limits)),
  ];
  return new Map(packs.map((pack) => [pack.offer.type, pack]));
}
