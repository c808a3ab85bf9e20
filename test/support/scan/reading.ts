import type { PackOutcome } from "#core/domain/pack.ts";
import { type OcrInputs, ocrOffer } from "#core/domain/packs/ocr.ts";
import { WrittenJson } from "#core/domain/written-json.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import { ocrPack } from "../../../backend/worker/packs/ocr.ts";
import { micros } from "#core/domain/money.ts";
import type { PackContext } from "../../../backend/worker/packs/pack.ts";
import { silentLog } from "../silent-log.ts";

/** What tests read of the pack's data. */
export interface ReadImage {
  readonly format: string;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  readonly rotation: { readonly exif_orientation: number; readonly half_turn: boolean; readonly skew_degrees: number };
  readonly text: string;
  readonly confidence: number;
  readonly unread: number;
  readonly words: readonly {
    readonly text: string;
    readonly confidence: number;
    readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
    readonly line: number;
  }[];
  readonly words_total: number;
  readonly truncated: boolean;
}

const never = new AbortController().signal;
const URL_OF_IMAGE = "https://a.example/scan";
const pack = ocrPack();

/** A run's context in which every address serves this image. */
function serving(image: Uint8Array, signal = never): PackContext {
  const fetch: GuardedFetch = async () => ({
    kind: "ok",
    final_url: URL_OF_IMAGE,
    status: 200,
    content_type: "image/png",
    charset: null,
    body: image,
    redirects: [],
  });
  return {
    signal,
    cap: micros(1_000_000),
    is_free: false,
    owe: () => undefined,
    turn: { key: "scan", wait: (something) => something },
    log: silentLog,
    fetch,
  };
}

/** The outcome with the data that the pack's process wrote. */
async function opened(running: Promise<PackOutcome>): Promise<PackOutcome> {
  const outcome = await running;
  if (outcome.kind !== "done" || !(outcome.data instanceof WrittenJson)) return outcome;
  return { ...outcome, data: JSON.parse(String(Buffer.from(outcome.data.written as Uint8Array))) };
}

/** The pack's own outcome for an image that it fetches. */
export function readFetched(image: Uint8Array, signal?: AbortSignal, inputs: Partial<OcrInputs> = {}) {
  return opened(pack.run(ocrOffer.inputs.parse({ image_url: URL_OF_IMAGE, ...inputs }), serving(image, signal)));
}

/** The pack's own outcome for an inline image. */
export function readInline(inputs: Partial<OcrInputs>) {
  return opened(pack.run(ocrOffer.inputs.parse(inputs), serving(new Uint8Array())));
}

/** What was read in an image, which must be one that can be. */
export async function readImage(image: Uint8Array, inputs: Partial<OcrInputs> = {}): Promise<ReadImage> {
  const outcome = await readFetched(image, never, inputs);
  if (outcome.kind !== "done") throw new Error(outcome.reason_code);
  return outcome.data as ReadImage;
}
