import type { Picture } from "./picture.ts";

/** A stroke of ink that is thinner does not count as a change of light. */
const STROKE_PX = 36;
const COARSE_PIXELS = 4_000_000;

/** Of the brightest paper: what is darker is no paper in a shadow. */
const DARK = 0.2;
/** What is darker than that is unevenly lit, when so much of a page is. */
const LIT = 0.85;
const UNEVEN_SHARE = 0.03;
/** How bright paper becomes. */
const WHITE = 245;

/** What is behind the ink, in cells of some pixels. */
interface Backdrop {
  readonly cell: number;
  readonly columns: number;
  readonly rows: number;
  /** The brightest around, strokes of ink left out. */
  readonly bright: Uint8Array;
  readonly mean: Uint8Array;
}

/** The brightest pixel and the mean of each cell. */
function cellsOf({ width, height, pixels }: Picture, cell: number): Backdrop {
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const bright = new Uint8Array(columns * rows);
  const sums = new Uint32Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell) * columns;
    for (let x = 0; x < width; x++) {
      const grey = pixels[y * width + x]!;
      const at = row + Math.floor(x / cell);
      if (grey > bright[at]!) bright[at] = grey;
      sums[at]! += grey;
    }
  }
  const mean = Uint8Array.from(sums, (sum, at) => {
    const [column, row] = [at % columns, Math.floor(at / columns)];
    return sum / (Math.min(cell, width - column * cell) * Math.min(cell, height - row * cell));
  });
  return { cell, columns, rows, bright, mean };
}

/** The brightest (or darkest) of the cells up to `radius` before and behind each, in one direction. */
function spread(from: Uint8Array, columns: number, radius: number, step: number, darkest: boolean): Uint8Array {
  const to = new Uint8Array(from.length);
  const rows = from.length / columns;
  const [length, stride] = step === 1 ? [columns, columns] : [rows, 1];
  for (let line = 0; line < from.length / length; line++) {
    for (let at = 0; at < length; at++) {
      let value = darkest ? 255 : 0;
      for (let near = Math.max(0, at - radius); near <= Math.min(length - 1, at + radius); near++) {
        const grey = from[line * stride + near * step]!;
        if (darkest ? grey < value : grey > value) value = grey;
      }
      to[line * stride + at * step] = value;
    }
  }
  return to;
}

/** Fills strokes of ink with what is around them: a closing, in the terms of morphology. */
function backdropOf(picture: Picture): Backdrop {
  const cell = picture.width * picture.height > COARSE_PIXELS ? 4 : 2;
  const cells = cellsOf(picture, cell);
  const radius = Math.ceil(STROKE_PX / cell / 2);
  let bright = cells.bright;
  for (const darkest of [false, true]) {
    for (const step of [1, cells.columns]) bright = spread(bright, cells.columns, radius, step, darkest);
  }
  // The sides of what is darker are cut off, whose pixels are between dark and light.
  for (const step of [1, cells.columns]) bright = spread(bright, cells.columns, 1, step, true);
  return { ...cells, bright };
}

/** The value that a share of all values is not above. */
function quantile(values: Iterable<number>, share: number): number {
  const sorted = Uint8Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Marks the dark cells that reach a side of the picture: what a sheet of paper lies on. */
function surroundings({ columns, rows, bright }: Backdrop, dark: number): Uint8Array {
  const marked = new Uint8Array(bright.length);
  const open: number[] = [];
  const visit = (column: number, row: number) => {
    const at = row * columns + column;
    if (column < 0 || row < 0 || column >= columns || row >= rows || marked[at] === 1 || bright[at]! >= dark) return;
    marked[at] = 1;
    open.push(at);
  };
  for (let column = 0; column < columns; column++) for (const row of [0, rows - 1]) visit(column, row);
  for (let row = 0; row < rows; row++) for (const column of [0, columns - 1]) visit(column, row);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [column, row] = [at % columns, Math.floor(at / columns)];
    visit(column - 1, row);
    visit(column + 1, row);
    visit(column, row - 1);
    visit(column, row + 1);
  }
  return marked;
}

/** Where most of what is left is dark, it is light text on a dark screen, and no sheet. */
function holdsPaper({ mean }: Backdrop, outside: Uint8Array, white: number): boolean {
  const inside = mean.filter((_, at) => outside[at] === 0);
  return inside.length * 10 >= mean.length && quantile(inside, 0.5) >= white / 2;
}

/** The factor that makes the paper of each cell white. */
function gainsOf(backdrop: Backdrop): Float32Array | undefined {
  const { bright } = backdrop;
  const white = quantile(bright, 0.95);
  const dark = white * DARK;
  const marked = surroundings(backdrop, dark);
  const outside = holdsPaper(backdrop, marked, white) ? marked : new Uint8Array(bright.length);
  let uneven = 0;
  for (const [at, grey] of bright.entries()) {
    if (outside[at] === 1 || (grey >= dark && grey < white * LIT)) uneven += 1;
  }
  if (uneven < bright.length * UNEVEN_SHARE) return undefined;
  return Float32Array.from(bright, (grey, at) => {
    if (outside[at] === 1) return WHITE;
    return grey < dark ? WHITE / white : WHITE / grey;
  });
}

/** The picture as if it lay in even light, alone on white; undefined where it does already. */
export function evenLight(picture: Picture): Picture | undefined {
  const backdrop = backdropOf(picture);
  const gains = gainsOf(backdrop);
  if (gains === undefined) return undefined;
  const { width, height, pixels } = picture;
  const { cell, columns, rows } = backdrop;
  const evened = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const v = Math.max(0, Math.min(rows - 1, (y + 0.5) / cell - 0.5));
    const [top, below] = [Math.floor(v), Math.min(rows - 1, Math.floor(v) + 1)];
    for (let x = 0; x < width; x++) {
      const u = Math.max(0, Math.min(columns - 1, (x + 0.5) / cell - 0.5));
      const [left, right] = [Math.floor(u), Math.min(columns - 1, Math.floor(u) + 1)];
      const upper = gains[top * columns + left]! * (1 - u + left) + gains[top * columns + right]! * (u - left);
      const lower = gains[below * columns + left]! * (1 - u + left) + gains[below * columns + right]! * (u - left);
      const gain = upper * (1 - v + top) + lower * (v - top);
      evened[y * width + x] = Math.min(255, Math.round(Math.max(1, pixels[y * width + x]!) * gain));
    }
  }
  return { width, height, pixels: evened };
}
