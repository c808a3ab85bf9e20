import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { type Turn, unturn } from "./boxes.ts";
import type { Engine, Tesseract } from "./engine.ts";
import { readWords, type ReadWord } from "./words.ts";

export interface ImageToRead {
  readonly image: Uint8Array;
  readonly language: OcrLanguage;
  /** EXIF's number. */
  readonly orientation: number;
  /** In pixels, as its viewer sees it. */
  readonly width: number;
  readonly height: number;
}

export interface Recognized {
  readonly text: string;
  /** Mean of the words', 0 to 100, to two decimals; 0 without words. */
  readonly confidence: number;
  readonly words: readonly ReadWord[];
  readonly words_total: number;
  /** Of the lines against the image's, clockwise, to two decimals. */
  readonly skew_degrees: number;
  readonly half_turn: boolean;
}

/** `unreadable`: the bytes behind the header are no such image. */
export type Recognition = { readonly kind: "read"; readonly read: Recognized } | { readonly kind: "unreadable" };

/** A skew below that is left alone. */
const MIN_RADIANS = 0.005;
/** When text is read with less confidence, or none is found, the next attempt is made. */
const DOUBTFUL = 60;
/** Tesseract's page segmentation modes: any arrangement of blocks; one block, which noise and a large skew hide less. */
const ANY_LAYOUT = "3";
const ONE_BLOCK = "6";
/** One after the other, until one is not doubtful. */
const ATTEMPTS = [
  { layout: ANY_LAYOUT, half_turn: false },
  { layout: ONE_BLOCK, half_turn: false },
  { layout: ANY_LAYOUT, half_turn: true },
] as const;
/** Half a turn more, by EXIF's numbers. */
const HALF_TURN_OF: Readonly<Record<number, number>> = { 1: 3, 2: 4, 3: 1, 4: 2, 5: 7, 6: 8, 7: 5, 8: 6 };

const hundredths = (value: number) => Math.round(value * 100) / 100 + 0;

function meanConfidence(words: readonly ReadWord[]): number {
  if (words.length === 0) return 0;
  return words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
}

function readOnce(
  tesseract: Tesseract,
  given: ImageToRead,
  { layout, half_turn }: (typeof ATTEMPTS)[number],
): Recognized | undefined {
  tesseract.SetVariable("tessedit_pageseg_mode", layout);
  const orientation = half_turn ? (HALF_TURN_OF[given.orientation] ?? 3) : given.orientation;
  if (tesseract.SetImageFile(orientation, 0) !== 0) return undefined;
  tesseract.FindLines();
  const gradient = tesseract.GetGradient();
  const radians = Math.abs(gradient) >= MIN_RADIANS ? gradient : 0;
  if (radians !== 0 && tesseract.SetImageFile(orientation, radians) !== 0) return undefined;
  tesseract.Recognize(null);
  const found = readWords(tesseract.GetTSVText(0));
  const turn: Turn = { half_turn, radians };
  const words = found.slice(0, OCR_LIMITS.max_words).map((word) => ({
    text: word.text,
    confidence: hundredths(word.confidence),
    box: unturn(word.box, turn, given),
    line: word.line,
  }));
  return {
    text: found.length === 0 ? "" : tesseract.GetUTF8Text().trimEnd(),
    confidence: hundredths(meanConfidence(found)),
    words,
    words_total: found.length,
    skew_degrees: hundredths((-radians * 180) / Math.PI),
    half_turn,
  };
}

/** Reads an image as best it can. A pure function of the bytes; it may take minutes of a processor. */
export function recognize(engine: Engine, given: ImageToRead): Recognition {
  let best: Recognized | undefined;
  for (const attempt of ATTEMPTS) {
    const read = engine.withImage(given.image, (tesseract) => readOnce(tesseract, given, attempt));
    if (read === undefined) return { kind: "unreadable" };
    if (best === undefined || read.confidence > best.confidence) best = read;
    if (best.confidence >= DOUBTFUL) break;
  }
  return best === undefined ? { kind: "unreadable" } : { kind: "read", read: best };
}
