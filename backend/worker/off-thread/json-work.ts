import type { PackOffer } from "#core/domain/pack.ts";
import { MAX_RESULT_BYTES } from "#core/domain/result.ts";
import { type Written, writeJson } from "#core/domain/written-json.ts";

export type ReadInputs = { readonly kind: "ok"; readonly inputs: unknown } | { readonly kind: "refused" };

/** What is done with a caller's inputs and with a pack's result; how long it takes depends on them. */
export interface JsonWork {
  /** Parses the text of a run's inputs and validates them. */
  read(offer: PackOffer, text: string): ReadInputs;
  /** Writes canonical JSON, of no more bytes than a result may have. */
  write(value: unknown): Written;
}

export const jsonWork: JsonWork = {
  read(offer, text) {
    const parsed = offer.inputs.safeParse(JSON.parse(text));
    return parsed.success ? { kind: "ok", inputs: parsed.data } : { kind: "refused" };
  },
  write(value) {
    try {
      const bytes = writeJson(value);
      return bytes.byteLength > MAX_RESULT_BYTES ? "too-large" : bytes;
    } catch {
      return "not-json";
    }
  },
};
