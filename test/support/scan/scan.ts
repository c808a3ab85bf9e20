import { type Contour, type Face, outline, type Point } from "./outlines.ts";
import type { Picture } from "./png.ts";
import { fill } from "./raster.ts";

export interface Scanning {
  readonly face?: Face;
  /** Pixels to the em: 12-point type is 50 at 300 dots per inch, and 25 at 150. */
  readonly px: number;
  /** Standard deviation of the noise, of 255 levels of grey. */
  readonly noise?: number;
  /** Clockwise. */
  readonly degrees?: number;
  readonly seed?: number;
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed, everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function addNoise({ pixels }: Picture, deviation: number, seed: number): void {
  const next = seeded(seed);
  for (const [index, grey] of pixels.entries()) {
    // Box and Muller.
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    pixels[index] = Math.max(0, Math.min(255, Math.round(grey + deviation * normal)));
  }
}

/** A page of printed text as a scanner sees it, with a margin all around. */
export function scan(lines: readonly string[], scanning: Scanning): Picture {
  const { face = "dejavu-serif", px, noise = 0, degrees = 0, seed = 1 } = scanning;
  const text = outline(lines, face, px);
  const angle = (degrees / 180) * Math.PI;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const margin = px * 2;
  const width = Math.ceil(Math.abs(cos) * text.width + Math.abs(sin) * text.height + margin);
  const height = Math.ceil(Math.abs(sin) * text.width + Math.abs(cos) * text.height + margin);
  const place = ([x, y]: Point): Point => {
    const [fromX, fromY] = [x - text.width / 2, y - text.height / 2];
    return [width / 2 + cos * fromX - sin * fromY, height / 2 + sin * fromX + cos * fromY];
  };
  const turned = text.contours.map((contour): Contour => contour.map(place));
  const picture = fill(turned, width, height);
  if (noise > 0) addNoise(picture, noise, seed);
  return picture;
}

/** Columns of lines on one page, each its own gap further to the right. */
export function columns(all: readonly (readonly string[])[], gap: number, scanning: Scanning): Picture {
  const scanned = all.map((lines) => scan(lines, scanning));
  const width = scanned.reduce((sum, each) => sum + each.width + gap, -gap);
  const height = Math.max(...scanned.map((each) => each.height));
  const pixels = new Uint8Array(width * height).fill(255);
  let left = 0;
  for (const each of scanned) {
    for (let y = 0; y < each.height; y++) {
      pixels.set(each.pixels.subarray(y * each.width, (y + 1) * each.width), y * width + left);
    }
    left += each.width + gap;
  }
  return { width, height, pixels };
}
