import type { OcrLanguage } from "#core/domain/packs/ocr.ts";
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
const LEAST_RADIANS = 0.005;
/** Text that is read with less confidence may be upside down. */
const DOUBTFUL = 60;
/** Half a turn more, by EXIF's numbers. */
const HALF_TURN_OF: Readonly<Record<number, number>> = { 1: 3, 2: 4, 3: 1, 4: 2, 5: 7, 6: 8, 7: 5, 8: 6 };

const hundredths = (value: number) => Math.round(value * 100) / 100 + 0;

function meanConfidence(words: readonly ReadWord[]): number {
  if (words.length === 0) return 0;
  return words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
}

function readOnce(tesseract: Tesseract, given: ImageToRead, half_turn: boolean): Recognized | undefined {
  const orientation = half_turn ? (HALF_TURN_OF[given.orientation] ?? 3) : given.orientation;
  if (tesseract.SetImageFile(orientation, 0) !== 0) return undefined;
  tesseract.FindLines();
  const gradient = tesseract.GetGradient();
  const radians = Math.abs(gradient) >= LEAST_RADIANS ? gradient : 0;
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

/** Reads an image as it lies, and upside down if that is doubtful. A pure function; it may take minutes of a processor. */
export function recognize(engine: Engine, given: ImageToRead): Recognition {
  const attempt = (half_turn: boolean) =>
    engine.withImage(given.image, (tesseract) => readOnce(tesseract, given, half_turn));
  const upright = attempt(false);
  if (upright === undefined) return { kind: "unreadable" };
  if (upright.words_total === 0 || upright.confidence >= DOUBTFUL) return { kind: "read", read: upright };
  const turned = attempt(true);
  const better = turned !== undefined && turned.confidence > upright.confidence ? turned : upright;
  return { kind: "read", read: better };
}
