import type { Contour } from "./outlines.ts";
import type { Picture } from "./png.ts";

/** How many lines through a row of pixels are sampled. */
const SAMPLES = 4;

interface Crossing {
  readonly x: number;
  readonly winding: number;
}

/** Where the contours cross each sampled line, and which way. */
function crossings(contours: readonly Contour[], height: number): Crossing[][] {
  const lines: Crossing[][] = Array.from({ length: height * SAMPLES }, () => []);
  for (const contour of contours) {
    for (const [index, [x0, y0]] of contour.entries()) {
      const [x1, y1] = contour[(index + 1) % contour.length] ?? [x0, y0];
      if (y0 === y1) continue;
      const [top, bottom] = y0 < y1 ? [y0, y1] : [y1, y0];
      const first = Math.max(0, Math.ceil(top * SAMPLES - 0.5));
      for (let line = first; line < lines.length && (line + 0.5) / SAMPLES < bottom; line++) {
        const y = (line + 0.5) / SAMPLES;
        lines[line]?.push({ x: x0 + ((y - y0) / (y1 - y0)) * (x1 - x0), winding: y0 < y1 ? 1 : -1 });
      }
    }
  }
  return lines;
}

function inkSpan(row: Float64Array, from: number, to: number): void {
  const [left, right] = [Math.max(0, from), Math.min(row.length, to)];
  for (let x = Math.floor(left); x < right; x++) {
    row[x]! += (Math.min(right, x + 1) - Math.max(left, x)) / SAMPLES;
  }
}

/** Fills contours with black on white by the nonzero rule; edges are grey by how much of a pixel is covered. */
export function fill(contours: readonly Contour[], width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height).fill(255);
  const lines = crossings(contours, height);
  for (let y = 0; y < height; y++) {
    const row = new Float64Array(width);
    for (const line of lines.slice(y * SAMPLES, (y + 1) * SAMPLES)) {
      let winding = 0;
      let from = 0;
      for (const crossing of line.toSorted((a, b) => a.x - b.x)) {
        if (winding !== 0) inkSpan(row, from, crossing.x);
        winding += crossing.winding;
        from = crossing.x;
      }
    }
    for (const [x, ink] of row.entries()) pixels[y * width + x] = Math.round(255 * (1 - Math.min(1, ink)));
  }
  return { width, height, pixels };
}
