import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { findInk, type Ink, letterHeight, textInk } from "./ink.ts";
import { evenLight } from "./light.ts";
import { enlarge, type Picture, toPgm } from "./picture.ts";

/** A picture made ready for the engine. */
export interface Prepared {
  readonly image: Uint8Array;
  /** How many times as large it is. */
  readonly times: number;
  /** Its letters, in the picture as it was. */
  readonly letters: readonly Ink[];
  readonly evened: boolean;
}

/** The engine reads letters from that height on well; its models are trained on some 20 pixels. */
const SMALL_PX = 13;
const GOOD_PX = 22;
const MOST_TIMES = 3;

function timesFor({ width, height }: Picture, letter_px: number | undefined): number {
  if (letter_px === undefined || letter_px >= SMALL_PX) return 1;
  const room = Math.floor(Math.sqrt(OCR_LIMITS.max_pixels / (width * height)));
  return Math.max(1, Math.min(MOST_TIMES, Math.ceil(GOOD_PX / letter_px), room));
}

/** Makes paper white where the light is uneven, and small letters larger. */
export function prepare(picture: Picture): Prepared {
  const evened = evenLight(picture);
  const even = evened ?? picture;
  const ink = findInk(even);
  const times = timesFor(even, letterHeight(ink));
  const image = toPgm(times === 1 ? even : enlarge(even, times));
  return { image, times, letters: textInk(ink), evened: evened !== undefined };
}
