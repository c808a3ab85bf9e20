import { readFileSync } from "node:fs";
import { z } from "zod";

const typeface = z.object({
  units_per_em: z.number(),
  ascent: z.number(),
  descent: z.number(),
  glyphs: z.record(z.string(), z.object({ advance: z.number(), path: z.string() })),
});
type Typeface = z.infer<typeof typeface>;

export type Point = readonly [x: number, y: number];
export type Contour = readonly Point[];

export const FACES = ["dejavu-sans", "dejavu-serif"] as const;
export type Face = (typeof FACES)[number];

const CURVE_STEPS = 6;
const LEADING = 1.35;

function loadTypeface(face: Face): Typeface {
  return typeface.parse(JSON.parse(readFileSync(new URL(`${face}.json`, import.meta.url), "utf8")));
}

const faces = new Map(FACES.map((face) => [face, loadTypeface(face)]));

/** The closed contours of an outline of M, L and Q, its curves as short lines. */
function flatten(path: string): Contour[] {
  const contours: Point[][] = [];
  for (const [, command, numbers = ""] of path.matchAll(/([MLQ])([^MLQ]*)/g)) {
    const [a = 0, b = 0, c = 0, d = 0] = numbers.split(" ").map(Number);
    const contour = contours.at(-1) ?? [];
    if (command === "M") contours.push([[a, b]]);
    else if (command === "L") contour.push([a, b]);
    else {
      const [x, y] = contour.at(-1) ?? [0, 0];
      for (let step = 1; step <= CURVE_STEPS; step++) {
        const t = step / CURVE_STEPS;
        const [from, by, to] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
        contour.push([from * x + by * a + to * c, from * y + by * b + to * d]);
      }
    }
  }
  return contours;
}

/** A text as contours, its top left at the origin, y downwards, `px` pixels to the em. */
export function outline(lines: readonly string[], face: Face, px: number) {
  const font = faces.get(face);
  if (font === undefined) throw new RangeError(face);
  const scale = px / font.units_per_em;
  const contours: Contour[] = [];
  let width = 0;
  for (const [index, line] of lines.entries()) {
    const baseline = font.ascent * scale + index * px * LEADING;
    let x = 0;
    for (const character of line) {
      const glyph = font.glyphs[character];
      if (glyph === undefined) throw new RangeError(`no outline of ${character}`);
      const left = x;
      for (const contour of flatten(glyph.path)) {
        contours.push(contour.map(([gx, gy]) => [left + gx * scale, baseline - gy * scale]));
      }
      x += glyph.advance * scale;
    }
    width = Math.max(width, x);
  }
  const height = (font.ascent + font.descent) * scale + (lines.length - 1) * px * LEADING;
  return { contours, width, height };
}
