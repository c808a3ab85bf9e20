import { createHash } from "node:crypto";
import { decodeBase64 } from "#core/domain/image/base64.ts";
import type { ImageHeader } from "#core/domain/image/header.ts";
import type { PackOutcome } from "#core/domain/pack.ts";
import { checkImage, type OcrInputs, ocrMegapixelsWithin, ocrOffer, ocrUnits } from "#core/domain/packs/ocr.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { createProcessPool, type Isolated, POOL_LIMITS } from "./isolation/process-pool.ts";
import { startWorkProcess } from "./isolation/work-process.ts";
import type { ImageToRead, Recognition, Recognized } from "./ocr/recognize.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp"];

/** A dense page of 8 megapixels took 65 s of a crowded processor; waiting for a process does not count. */
const READING_MS = 300_000;
/** An image of the most pixels, all of it noise, took 270 MB. */
const MEMORY = { heap_mb: 256, resident_mb: 900, wasm_mb: 640 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./ocr/recognize-process.ts" : "./ocr/recognize-process.js",
  import.meta.url,
);

/** Reads images in processes of its own. */
const createRecognizer = (): Isolated<ImageToRead, Recognition> =>
  createProcessPool(() => startWorkProcess<ImageToRead, Recognition>(SCRIPT, MEMORY), POOL_LIMITS);

interface Source {
  readonly bytes: Uint8Array;
  /** How to end a run whose image is at fault: what came by URL was work. */
  readonly fault: "input_rejected" | "pack_failed";
  readonly about: object;
}

async function sourceOf(inputs: OcrInputs, { fetch, signal }: PackContext): Promise<Source | PackOutcome> {
  if (inputs.image_url === undefined) {
    const bytes = decodeBase64(inputs.image ?? "") ?? new Uint8Array();
    return { bytes, fault: "input_rejected", about: {} };
  }
  const maxBytes = OCR_LIMITS.max_fetched_bytes;
  const fetched = await fetch(inputs.image_url, { signal, accept: IMAGE_TYPES, maxBytes });
  if (fetched.kind === "refused") return { ...fetched, kind: "input_rejected" };
  if (fetched.kind === "failed") return { ...fetched, kind: "pack_failed" };
  const { final_url, redirects } = fetched;
  const about = { image_url: inputs.image_url, final_url, redirects };
  return { bytes: fetched.body, fault: "pack_failed", about };
}

/** Width and height as the viewer sees them: EXIF's orientations from 5 on lay the image on its side. */
const seen = ({ width, height, orientation }: ImageHeader) =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

function report(inputs: OcrInputs, { bytes, about }: Source, header: ImageHeader, read: Recognized): object {
  const { text, confidence, words, words_total, skew_degrees, half_turn } = read;
  return {
    ...about,
    format: header.format,
    bytes: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    ...seen(header),
    language: inputs.language,
    rotation: { exif_orientation: header.orientation, half_turn, skew_degrees },
    text,
    confidence,
    words,
    words_total,
    truncated: words.length < words_total,
  };
}

/** The `ocr` pack: an image's text is a pure function of its bytes, worked out in a process that ends with the signal. */
export function ocrPack(recognize = createRecognizer()): Pack<OcrInputs> {
  return {
    offer: ocrOffer,
    async run(inputs, context): Promise<PackOutcome> {
      context.signal.throwIfAborted();
      const most = ocrMegapixelsWithin(context.cap);
      const beyond = () => costExceedsCap(`max_cost_usd covers an image of at most ${most} started megapixels.`);
      if (most === 0) return beyond();
      const source = await sourceOf(inputs, context);
      if ("kind" in source) return source;
      const { bytes, fault } = source;
      const checked = checkImage(bytes);
      if (checked.kind === "refused") {
        return { kind: fault, reason_code: "IMAGE_REFUSED", detail: `The image ${checked.why}.` };
      }
      const { header } = checked;
      if (ocrUnits(header).megapixel > most) return beyond();
      const { language } = inputs;
      const given = { image: bytes, language, orientation: header.orientation, ...seen(header) };
      const attempt = await recognize(given, context.signal, READING_MS);
      if (attempt.kind === "fault") {
        context.log.warn("image not read", { fault: attempt.fault, bytes: bytes.byteLength });
        if (attempt.fault !== "timeout" && attempt.fault !== "out-of-memory") throw new Error("the reading broke off");
        const detail = "The image could not be read within the bounds of time and memory.";
        return { kind: "pack_failed", reason_code: "IMAGE_TOO_COMPLEX", detail };
      }
      if (attempt.answer.kind === "unreadable") {
        const detail = "The image is broken: what follows its header cannot be decoded.";
        return { kind: fault, reason_code: "IMAGE_UNREADABLE", detail };
      }
      const { read } = attempt.answer;
      return {
        kind: "done",
        data: report(inputs, source, header, read),
        artifacts: [],
        units: ocrUnits(header),
        reliability: Math.round(read.confidence * 100) / 10_000,
      };
    },
  };
}
