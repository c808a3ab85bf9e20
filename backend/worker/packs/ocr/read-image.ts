import { createHash } from "node:crypto";
import { decodeBase64 } from "#core/domain/base64.ts";
import type { ImageHeader } from "#core/domain/image/header.ts";
import type { PackOutcome } from "#core/domain/pack.ts";
import { checkImage, ocrUnits } from "#core/domain/packs/ocr.ts";
import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";
import { costExceedsCap } from "../pack.ts";
import type { ImageToRead, Recognition, Recognized } from "./recognize.ts";

/** An image as it came: base64 out of the inputs, or the bytes that were fetched. */
export interface ImageRequest {
  readonly image: string | Uint8Array;
  readonly languages: readonly OcrLanguage[];
  /** The most that its run pays for. */
  readonly megapixels: number;
  /** What the report says of where the image came from. */
  readonly about: object;
}

/** The image has more megapixels than its run pays for. */
export const beyondCap = (megapixels: number): PackOutcome =>
  costExceedsCap(`max_cost_usd covers an image of at most ${megapixels} started megapixels.`);

/** Width and height as the viewer sees them: EXIF's orientations from 5 on lay the image on its side. */
const seen = ({ width, height, orientation }: ImageHeader) =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

/** Real text of the right script is read with more confidence; what is below are letters that were made up. */
const GARBLED = 55;
const FEW_WORDS = 3;

const isGarbled = ({ words_total, word_confidence }: Recognized) =>
  words_total >= FEW_WORDS && word_confidence < GARBLED;

function report(request: ImageRequest, bytes: Uint8Array, header: ImageHeader, read: Recognized): object {
  const { text, confidence, words, words_total, unread, skew_degrees, half_turn } = read;
  return {
    ...request.about,
    format: header.format,
    bytes: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    ...seen(header),
    language: request.languages[0],
    languages: request.languages,
    rotation: { exif_orientation: header.orientation, half_turn, skew_degrees },
    text,
    confidence,
    unread,
    words,
    words_total,
    truncated: words.length < words_total,
  };
}

/** The whole work of the pack on an image. It grows with the image, so that it is done in a process. */
export async function readImage(
  request: ImageRequest,
  recognize: (image: ImageToRead) => Promise<Recognition>,
): Promise<PackOutcome> {
  const { image, languages } = request;
  // What came by URL was work.
  const fault = typeof image === "string" ? "input_rejected" : "pack_failed";
  const bytes = typeof image === "string" ? (decodeBase64(image) ?? new Uint8Array()) : image;
  const checked = checkImage(bytes);
  if (checked.kind === "refused") {
    return { kind: fault, reason_code: "IMAGE_REFUSED", detail: `The image ${checked.why}.` };
  }
  const { header } = checked;
  if (ocrUnits(header).megapixel > request.megapixels) return beyondCap(request.megapixels);
  const recognition = await recognize({ image: bytes, languages, orientation: header.orientation, ...seen(header) });
  if (recognition.kind === "unreadable") {
    const detail = "The image is broken: what follows its header cannot be decoded.";
    return { kind: fault, reason_code: "IMAGE_UNREADABLE", detail };
  }
  const { read } = recognition;
  if (isGarbled(read)) {
    const detail =
      `What looks like text cannot be read as ${languages.join(" or ")}: it may be of another language or script, ` +
      "written by hand, or too unclear.";
    return { kind: "pack_failed", reason_code: "TEXT_NOT_READ", detail };
  }
  return {
    kind: "done",
    data: report(request, bytes, header, read),
    artifacts: [],
    units: ocrUnits(header),
    reliability: Math.round(read.confidence * 100) / 10_000,
  };
}
