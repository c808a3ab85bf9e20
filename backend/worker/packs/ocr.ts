import type { PackOutcome } from "#core/domain/pack.ts";
import { type OcrInputs, ocrLanguages, ocrMegapixelsWithin, ocrOffer } from "#core/domain/packs/ocr.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { createOutcomePool } from "./isolation/outcome-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import { beyondCap, type ImageRequest } from "./ocr/read-image.ts";
import type { Pack, PackContext } from "./pack.ts";

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp"];

/** A dense page of 8 megapixels took 65 s of a crowded processor. */
const READING_MS = 300_000;
/** An image of the most pixels, all of it noise, took 270 MB. */
const MEMORY = { heap_mb: 256, resident_mb: 900, wasm_mb: 640 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./ocr/recognize-process.ts" : "./ocr/recognize-process.js",
  import.meta.url,
);

async function requestOf(
  inputs: OcrInputs,
  megapixels: number,
  { fetch, signal }: PackContext,
): Promise<ImageRequest | PackOutcome> {
  const { image_url } = inputs;
  const languages = ocrLanguages(inputs);
  if (image_url === undefined) return { image: inputs.image ?? "", languages, megapixels, about: {} };
  const maxBytes = OCR_LIMITS.max_fetched_bytes;
  const fetched = await fetch(image_url, { signal, accept: IMAGE_TYPES, maxBytes });
  if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
  if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
  const { final_url, redirects } = fetched;
  return { image: fetched.body, languages, megapixels, about: { image_url, final_url, redirects } };
}

/** The processes in which it works. */
export const ocrPool = (limits?: PoolLimits) => createOutcomePool<ImageRequest>("ocr", SCRIPT, MEMORY, limits);

/** The `ocr` pack: an image's text is a pure function of its bytes, worked out in a process that ends with the signal. */
export function ocrPack(read = ocrPool()): Pack<OcrInputs> {
  return {
    offer: ocrOffer,
    async run(inputs, context): Promise<PackOutcome> {
      context.signal.throwIfAborted();
      const megapixels = ocrMegapixelsWithin(context.cap);
      if (megapixels === 0) return beyondCap(megapixels);
      const request = await requestOf(inputs, megapixels, context);
      if ("kind" in request) return request;
      const attempt = await read(request, context, READING_MS);
      if (attempt.kind === "ok") return attempt.result;
      context.log.warn("image not read", { reason: attempt.reason });
      if (attempt.reason !== "timeout" && attempt.reason !== "out-of-memory") throw new Error("the reading broke off");
      const detail = "The image could not be read within the bounds of time and memory.";
      return { kind: "pack_failed", reason_code: "IMAGE_TOO_COMPLEX", detail };
    },
  };
}
