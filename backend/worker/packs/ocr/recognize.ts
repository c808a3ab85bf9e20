import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { type Box, type Turn, unturn } from "./boxes.ts";
import type { Engine, Tesseract } from "./engine.ts";
import { unreadShare } from "./ink.ts";
import { type Picture, toPgm } from "./picture.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { arrange, type Arranged, missing, textOf } from "./rows.ts";
import { type PlacedWord, readWords } from "./words.ts";

export interface ImageToRead {
  readonly image: Uint8Array;
  readonly languages: readonly OcrLanguage[];
  /** EXIF's number. */
  readonly orientation: number;
  /** In pixels, as its viewer sees it. */
  readonly width: number;
  readonly height: number;
}

interface ReadWord {
  readonly text: string;
  /** 0 to 100. */
  readonly confidence: number;
  readonly box: Box;
  /** Counts the lines that were found, from 0. */
  readonly line: number;
}

export interface Recognized {
  readonly text: string;
  /** Mean of the words', 0 to 100, less what was not read, to two decimals; 0 without words. */
  readonly confidence: number;
  /** Mean of the words' alone. */
  readonly word_confidence: number;
  readonly words: readonly ReadWord[];
  readonly words_total: number;
  /** Of the ink that looks like letters, 0 to 1, to four decimals. */
  readonly unread: number;
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
/** Where a larger share of the letters was not read, the next attempt is made. */
const UNREAD_SHARE = 0.02;
/** A text of more words is not read again for what may be missing. */
const MANY_WORDS = 2_500;
/** Tesseract's page segmentation modes. */
const ANY_LAYOUT = "3";
/** One block of rows, which noise and a large skew hide less. */
const ONE_BLOCK = "6";
/** Text anywhere, in no order. */
const SPARSE = "11";
type Layout = typeof ANY_LAYOUT | typeof ONE_BLOCK | typeof SPARSE;
/** EXIF's numbers. */
const UPRIGHT = 1;
const HALF_TURN = 3;

/** What one reading of a prepared picture found; boxes are in the picture as it was. */
interface Reading {
  readonly words: readonly PlacedWord[];
  readonly arranged: Arranged;
  readonly turn: Turn;
  readonly size: Prepared;
  /** Boxes of the words in the image. */
  readonly boxes: ReadonlyMap<PlacedWord, Box>;
  readonly unread: number;
  readonly confidence: number;
}

const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits + 0;

function meanConfidence(words: readonly PlacedWord[]): number {
  if (words.length === 0) return 0;
  return words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
}

/** How much was read, and how surely. */
const worth = ({ words }: Reading) =>
  words.reduce((sum, { text, confidence }) => sum + (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) * confidence, 0);

function readingOf(words: readonly PlacedWord[], turn: Turn, size: Prepared, given: ImageToRead): Reading {
  const shrunk = ({ left, top, width, height }: Box): Box => {
    const [x, y] = [Math.floor(left / size.times), Math.floor(top / size.times)];
    return {
      left: x,
      top: y,
      width: Math.ceil((left + width) / size.times) - x,
      height: Math.ceil((top + height) / size.times) - y,
    };
  };
  const boxes = new Map(words.map((word) => [word, unturn(shrunk(word.box), turn, given)] as const));
  const unread = unreadShare(size.letters, [...boxes.values()]);
  return { words, arranged: arrange(words), turn, size, boxes, unread, confidence: meanConfidence(words) };
}

function readOnce(tesseract: Tesseract, layout: Layout, half_turn: boolean) {
  tesseract.SetVariable("tessedit_pageseg_mode", layout);
  const orientation = half_turn ? HALF_TURN : UPRIGHT;
  if (tesseract.SetImageFile(orientation, 0) !== 0) throw new Error("the engine does not take its own image");
  tesseract.FindLines();
  const gradient = tesseract.GetGradient();
  const radians = Math.abs(gradient) >= MIN_RADIANS ? gradient : 0;
  if (radians !== 0) tesseract.SetImageFile(orientation, radians);
  tesseract.Recognize(null);
  return { words: readWords(tesseract.GetTSVText(0)), turn: { half_turn, radians } };
}

/** Words that another reading found where this one has none. */
function completed(reading: Reading, other: Reading, given: ImageToRead): Reading {
  if (reading.turn.radians !== other.turn.radians || reading.turn.half_turn !== other.turn.half_turn) return reading;
  const more = missing(reading.words, other.words, DOUBTFUL);
  return more.length === 0 ? reading : readingOf([...reading.words, ...more], reading.turn, reading.size, given);
}

const isDoubtful = ({ confidence }: Reading) => confidence < DOUBTFUL;
const isPartial = ({ arranged, unread }: Reading) => arranged.has_columns || unread > UNREAD_SHARE;

/** The best of at most five readings; a text of many words is read once. */
function bestReading(engine: Engine, picture: Picture, given: ImageToRead): Reading {
  const read = (size: Prepared, layout: Layout, half_turn = false) => {
    const { words, turn } = engine.withImage(size.image, (tesseract) => readOnce(tesseract, layout, half_turn));
    return readingOf(words, turn, size, given);
  };
  const size = prepare(picture);
  let best = read(size, ANY_LAYOUT);
  if (best.words.length > MANY_WORDS) return best;
  if (isPartial(best) || isDoubtful(best)) {
    const rows = read(size, ONE_BLOCK);
    if (best.arranged.has_prose_columns) best = completed(best, rows, given);
    else if (worth(rows) >= worth(best)) best = rows;
  }
  if (best.unread > UNREAD_SHARE) best = completed(best, read(size, SPARSE), given);
  if (isDoubtful(best)) {
    const turned = read(size, ANY_LAYOUT, true);
    if (turned.confidence > best.confidence) best = turned;
  }
  if (isDoubtful(best) && size.evened) {
    const plain = read({ ...size, image: toPgm(picture), times: 1 }, ANY_LAYOUT);
    if (worth(plain) > worth(best)) best = plain;
  }
  return best;
}

function recognized({ words, arranged, turn, boxes, unread, confidence }: Reading): Recognized {
  const { blocks } = arranged;
  const lines = blocks.flat();
  const listed = lines.flatMap((line, index) =>
    line.map((word) => ({
      text: word.text,
      confidence: rounded(word.confidence, 2),
      box: boxes.get(word) ?? word.box,
      line: index,
    })),
  );
  return {
    text: textOf(blocks),
    confidence: rounded(confidence * (1 - unread), 2),
    word_confidence: rounded(confidence, 2),
    words: listed.slice(0, OCR_LIMITS.max_words),
    words_total: words.length,
    unread: rounded(unread, 4),
    skew_degrees: rounded((-turn.radians * 180) / Math.PI, 2),
    half_turn: turn.half_turn,
  };
}

/** Reads an image as best it can. A pure function of the bytes; it may take minutes of a processor. */
export function recognize(engine: Engine, given: ImageToRead): Recognition {
  const picture = engine.decode(given.image, given.orientation);
  if (picture === undefined) return { kind: "unreadable" };
  return { kind: "read", read: recognized(bestReading(engine, picture, given)) };
}
