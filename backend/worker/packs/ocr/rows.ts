import { type Box, boxAround } from "./boxes.ts";
import type { PlacedWord } from "./words.ts";

/** Words of one line, from left to right. */
export type Line = readonly PlacedWord[];
/** Lines that belong together: a paragraph, or a table. */
export type Block = readonly Line[];

interface Region {
  readonly box: Box;
  readonly paragraphs: readonly Block[];
}

const bottom = (box: Box) => box.top + box.height;
const right = (box: Box) => box.left + box.width;
const lineBox = (line: Line) => boxAround(line.map(({ box }) => box));
const linesOf = ({ paragraphs }: Region) => paragraphs.flat();

/** Groups by what names them, in the order in which each was first seen. */
function grouped<T>(items: readonly T[], nameOf: (item: T) => string | number): T[][] {
  const groups = new Map<string | number, T[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function regionsOf(words: readonly PlacedWord[]): Region[] {
  return grouped(words, ({ block }) => block).map((of) => ({
    box: boxAround(of.map(({ box }) => box)),
    paragraphs: grouped(of, ({ paragraph }) => paragraph).map((each) => grouped(each, ({ line }) => line)),
  }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const shared = (from: number, to: number, otherFrom: number, otherTo: number) =>
  Math.min(to, otherTo) - Math.max(from, otherFrom);

/** Whether two regions stand beside each other, on the same lines at least in part. */
function beside(a: Region, b: Region): boolean {
  if (shared(a.box.left, right(a.box), b.box.left, right(b.box)) > 0) return false;
  const lines = [...linesOf(a), ...linesOf(b)].map((line) => lineBox(line).height);
  return shared(a.box.top, bottom(a.box), b.box.top, bottom(b.box)) > median(lines) / 2;
}

const PROSE_WORDS = 5;
const PROSE_LINES = 3;
/** Regions share a column where so much of the wider one is above or below the other. */
const SAME_COLUMN = 0.6;

/** The regions whose column of regions holds running text. */
function proseOf(regions: readonly Region[]): ReadonlySet<Region> {
  const inColumn = (a: Region, b: Region) =>
    shared(a.box.left, right(a.box), b.box.left, right(b.box)) > Math.max(a.box.width, b.box.width) * SAME_COLUMN;
  return new Set(
    regions.filter((region) => {
      const lines = regions.filter((other) => inColumn(region, other)).flatMap(linesOf);
      return lines.length >= PROSE_LINES && median(lines.map(({ length }) => length)) >= PROSE_WORDS;
    }),
  );
}

const FIGURES = /^\P{L}*\p{Nd}\P{L}*$/u;
const isFigures = (region: Region) => {
  const words = linesOf(region).flat();
  return words.filter(({ text }) => FIGURES.test(text)).length * 3 >= words.length * 2;
};

/** Whether two regions are columns of one table or form, which is read along its rows. */
function areColumns(a: Region, b: Region, prose: ReadonlySet<Region>): boolean {
  if (prose.has(a) && !isFigures(b)) return false;
  if (prose.has(b) && !isFigures(a)) return false;
  return beside(a, b);
}

/** The lines of several regions as rows across all of them. */
function rowsAcross(regions: readonly Region[]): Block {
  const lines = regions.flatMap(linesOf).toSorted((a, b) => lineBox(a).top - lineBox(b).top);
  const rows: { top: number; bottom: number; words: PlacedWord[] }[] = [];
  for (const line of lines) {
    const box = lineBox(line);
    const row = rows.findLast(
      (each) => shared(each.top, each.bottom, box.top, bottom(box)) * 2 > Math.min(each.bottom - each.top, box.height),
    );
    if (row === undefined) rows.push({ top: box.top, bottom: bottom(box), words: [...line] });
    else row.words.push(...line);
  }
  return rows.map(({ words }) => words.toSorted((a, b) => a.box.left - b.box.left));
}

/** Whether most words are in lines that run down the page, as those of a page that lies on a side do. */
function isSideways(words: readonly PlacedWord[]): boolean {
  const down = regionsOf(words)
    .flatMap(linesOf)
    .filter((line) => line.length > 1 && lineBox(line).height > lineBox(line).width);
  return down.flat().length * 2 > words.length;
}

/** The groups of regions that are columns of one table, each group in the order of its regions. */
function tablesOf(regions: readonly Region[], prose: ReadonlySet<Region>): readonly (readonly Region[])[] {
  const group = regions.map((_, index) => index);
  for (const [index, region] of regions.entries()) {
    for (let other = 0; other < index; other++) {
      if (!areColumns(region, regions[other]!, prose)) continue;
      const [from, to] = [group[index]!, group[other]!];
      for (const [at, each] of group.entries()) if (each === from) group[at] = to;
    }
  }
  return grouped([...regions.entries()], ([index]) => group[index]!).map((each) => each.map(([, region]) => region));
}

export interface Arranged {
  readonly blocks: readonly Block[];
  /** Columns were found that are read along their rows. */
  readonly has_columns: boolean;
  /** Columns of prose were found, which are read one after the other. */
  readonly has_prose_columns: boolean;
}

/** The words in the order of reading: tables and forms along their rows, columns of prose one after the other. */
export function arrange(words: readonly PlacedWord[]): Arranged {
  const regions = regionsOf(words);
  const prose = proseOf(regions);
  const has_prose_columns = [...prose].some((a) => [...prose].some((b) => a !== b && beside(a, b)));
  if (isSideways(words))
    return { blocks: regions.flatMap((each) => each.paragraphs), has_columns: false, has_prose_columns };
  const tables = tablesOf(regions, prose);
  return {
    blocks: tables.flatMap((table) =>
      table.length > 1 ? [rowsAcross(table)] : table.flatMap(({ paragraphs }) => paragraphs),
    ),
    has_columns: tables.some(({ length }) => length > 1),
    has_prose_columns,
  };
}

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

function joined(line: Line): string {
  let text = "";
  for (const { text: word } of line) {
    const last = Array.from(text.slice(-2)).at(-1) ?? "";
    const apart = text !== "" && !(UNSPACED.test(last) && UNSPACED.test(Array.from(word)[0] ?? ""));
    text += apart ? ` ${word}` : word;
  }
  return text;
}

/** Lines of text, with an empty one between blocks. */
export const textOf = (blocks: readonly Block[]): string =>
  blocks.map((block) => block.map(joined).join("\n")).join("\n\n");

const LETTER = /[\p{L}\p{N}]/u;
const overlaps = (a: Box, b: Box) =>
  shared(a.left, right(a), b.left, right(b)) > 0 && shared(a.top, bottom(a), b.top, bottom(b)) > 0;

/** The words of another reading where this one has none, as regions of their own. */
export function missing(words: readonly PlacedWord[], others: readonly PlacedWord[], confidence: number): PlacedWord[] {
  const most = words.reduce((highest, { block }) => Math.max(highest, block), 0);
  return others
    .filter(
      (other) =>
        other.confidence >= confidence && LETTER.test(other.text) && !words.some(({ box }) => overlaps(box, other.box)),
    )
    .map((other) => ({ ...other, block: most + 1 + other.block }));
}
