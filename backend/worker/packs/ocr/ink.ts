import type { Box } from "./boxes.ts";
import type { Picture } from "./picture.ts";

/** Connected dark pixels: a letter, most often. */
export interface Ink {
  readonly box: Box;
  /** In pixels. */
  readonly area: number;
}

/** A picture of more stretches of ink is noise; its components are not counted. */
const MAX_RUNS = 3_000_000;
const LEVELS = 256;

/** Otsu's threshold: darker pixels are on one side of it, lighter ones on the other. */
function threshold(pixels: Uint8Array): number {
  const histogram = new Float64Array(LEVELS);
  for (const grey of pixels) histogram[grey]! += 1;
  const total = pixels.length;
  const sum = histogram.reduce((all, count, grey) => all + grey * count, 0);
  let [best, level, dark, darkSum] = [-1, 128, 0, 0];
  for (let grey = 0; grey < LEVELS - 1; grey++) {
    dark += histogram[grey]!;
    darkSum += grey * histogram[grey]!;
    if (dark === 0 || dark === total) continue;
    const apart = darkSum / dark - (sum - darkSum) / (total - dark);
    const between = dark * (total - dark) * apart * apart;
    if (between > best) [best, level] = [between, grey + 1];
  }
  return level;
}

/** Whether a pixel of that grey is ink: the rarer of dark and light. */
function inkOf({ pixels }: Picture): (grey: number) => boolean {
  const level = threshold(pixels);
  let dark = 0;
  for (const grey of pixels) if (grey < level) dark += 1;
  return dark * 2 <= pixels.length ? (grey) => grey < level : (grey) => grey >= level;
}

/** Stretches of ink in rows, each with the component it belongs to, which is named by its first stretch. */
class Runs {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #row: number[] = [];
  readonly #parent: number[] = [];

  get count(): number {
    return this.#from.length;
  }

  add(row: number, from: number, to: number): void {
    this.#parent.push(this.count);
    this.#from.push(from);
    this.#to.push(to);
    this.#row.push(row);
  }

  #root(run: number): number {
    let root = run;
    while (this.#parent[root] !== root) {
      this.#parent[root] = this.#parent[this.#parent[root]!]!;
      root = this.#parent[root]!;
    }
    return root;
  }

  /** Joins the runs of a row with those of the row above that they touch, at corners too. */
  join(above: number, row: number): void {
    let upper = above;
    for (let run = row; run < this.count; run++) {
      while (upper < row && this.#to[upper]! < this.#from[run]!) upper += 1;
      for (let other = upper; other < row && this.#from[other]! <= this.#to[run]!; other++) {
        const [a, b] = [this.#root(other), this.#root(run)];
        this.#parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  }

  components(): Ink[] {
    const found = new Map<number, { left: number; right: number; top: number; bottom: number; area: number }>();
    for (let run = 0; run < this.count; run++) {
      const [from, to, row] = [this.#from[run]!, this.#to[run]!, this.#row[run]!];
      const root = this.#root(run);
      const known = found.get(root);
      if (known === undefined) found.set(root, { left: from, right: to, top: row, bottom: row + 1, area: to - from });
      else {
        known.left = Math.min(known.left, from);
        known.right = Math.max(known.right, to);
        known.bottom = row + 1;
        known.area += to - from;
      }
    }
    return [...found.values()].map(({ left, right, top, bottom, area }) => ({
      box: { left, top, width: right - left, height: bottom - top },
      area,
    }));
  }
}

/** The components of a picture's ink; none where it is nothing but noise. */
export function findInk(picture: Picture): readonly Ink[] {
  const { width, height, pixels } = picture;
  const isInk = inkOf(picture);
  const runs = new Runs();
  let above = 0;
  for (let y = 0; y < height; y++) {
    const row = runs.count;
    for (let x = 0; x < width; x++) {
      if (!isInk(pixels[y * width + x]!)) continue;
      const from = x;
      while (x < width && isInk(pixels[y * width + x]!)) x += 1;
      runs.add(y, from, x);
    }
    if (runs.count > MAX_RUNS) return [];
    runs.join(above, row);
    above = row;
  }
  return runs.components();
}

const MIN_LETTER_PX = 4;
const MAX_LETTER_PX = 200;
const MAX_LETTER_WIDTHS = 4;

const isLetter = ({ box: { width, height }, area }: Ink) =>
  height >= MIN_LETTER_PX && height <= MAX_LETTER_PX && width <= height * MAX_LETTER_WIDTHS && area >= height;

/** The height of most letters, which is the x-height of most texts; undefined where nothing looks like letters. */
export function letterHeight(ink: readonly Ink[]): number | undefined {
  const letters = ink.filter(isLetter).toSorted((a, b) => a.box.height - b.box.height);
  const total = letters.reduce((sum, { area }) => sum + area, 0);
  let passed = 0;
  for (const { box, area } of letters) {
    passed += area;
    if (passed * 2 >= total) return box.height;
  }
  return undefined;
}

/** Text may be so much larger or smaller than most of a page's. */
const SMALLEST = 0.6;
const LARGEST = 4;

/** The ink that looks like letters of a page's text. */
export function textInk(ink: readonly Ink[]): readonly Ink[] {
  const height = letterHeight(ink);
  if (height === undefined) return [];
  return ink.filter((each) => {
    const tall = each.box.height / height;
    return isLetter(each) && tall >= SMALLEST && tall <= LARGEST;
  });
}

/** The share, 0 to 1, of letters' ink whose middle is in none of the boxes. */
export function unreadShare(letters: readonly Ink[], boxes: readonly Box[]): number {
  const total = letters.reduce((sum, { area }) => sum + area, 0);
  if (total === 0) return 0;
  const rows = [...boxes].toSorted((a, b) => a.top - b.top);
  const tallest = rows.reduce((most, { height }) => Math.max(most, height), 0);
  let unread = 0;
  for (const { box, area } of letters) {
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    let found = false;
    for (let at = firstFrom(rows, y - tallest); at < rows.length && !found; at++) {
      const row = rows[at]!;
      if (row.top > y) break;
      found = y <= row.top + row.height && x >= row.left && x <= row.left + row.width;
    }
    if (!found) unread += area;
  }
  return unread / total;
}

/** The first of the boxes, which are in order, whose top is not above a place. */
function firstFrom(rows: readonly Box[], top: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.top < top) low = middle + 1;
    else high = middle;
  }
  return low;
}
