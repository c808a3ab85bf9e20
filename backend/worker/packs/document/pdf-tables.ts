import { isEntry, type Line, type Part, textOf } from "./pdf-lines.ts";

interface Band {
  readonly start: number;
  readonly end: number;
}

export interface Table {
  readonly kind: "table";
  readonly rows: readonly (readonly string[])[];
  /** Whether the first row names the columns. */
  readonly head: boolean;
}

/** Shares of the size of characters. */
const COLUMN_GAP = 1;
const BAND_GAP = 0.3;
const ROW_GAP = 4;
/** Two bands of long cells are columns of running text. */
const COLUMN_CHARS = 30;
const COLUMN_ROWS = 4;
const MOST_BANDS = 50;
/** A longer table is read as several. */
const MOST_ROWS = 2_000;

/** Whether a line has a gap as wide as those between columns. */
const isTabular = (line: Line): boolean => !isEntry(line) && hasGap(line);

const hasGap = ({ parts, size }: Line): boolean =>
  parts.some((part, index) => index > 0 && part.start - (parts[index - 1] as Part).end > COLUMN_GAP * size);

/** What some parts cover of the width of a page, from left to right, wherever that has gaps. */
function bandsOf(parts: readonly Band[], least: number): Band[] {
  const bands: { start: number; end: number }[] = [];
  for (const { start, end } of parts.toSorted((a, b) => a.start - b.start)) {
    const last = bands.at(-1);
    if (last !== undefined && start - last.end < least) last.end = Math.max(last.end, end);
    else bands.push({ start, end });
  }
  return bands;
}

const bandOf = (bands: readonly Band[], { start }: Part): number =>
  Math.max(
    0,
    bands.findLastIndex((band) => start >= band.start - 0.01),
  );

function inOrder(above: Line, below: Line): boolean {
  const step = below.baseline - above.baseline;
  return above.page === below.page && above.turns === below.turns && step > 0 && step < ROW_GAP * above.size;
}

function cellsOf(line: Line, bands: readonly Band[], what: "html" | "text"): string[] {
  const cells = bands.map(() => "");
  for (const part of line.parts) {
    const at = bandOf(bands, part);
    cells[at] = cells[at] === "" ? part[what] : `${cells[at]} ${part[what]}`;
  }
  return cells;
}

/** The lines from `from` on that are rows of one table, and what they cover; undefined where they are none. */
function runFrom(lines: readonly Line[], from: number): { bands: Band[]; to: number } | undefined {
  let bands: Band[] = [];
  let covered: Band[] = [];
  let to = from;
  let tabular = 0;
  for (; to < Math.min(lines.length, from + MOST_ROWS); to++) {
    const line = lines[to] as Line;
    const above = lines[to - 1];
    if (to > from && above !== undefined && !inOrder(above, line)) break;
    const wider = bandsOf([...covered, ...line.parts], BAND_GAP * line.size);
    const used = new Set(line.parts.map((part) => bandOf(wider, part))).size;
    // A row of one cell goes on with the one above it, if it is not of the first column.
    const first = line.parts[0] as Part;
    const isRest = line.parts.length === 1 && to > from && bandOf(bands, first) > 0 && wider.length === bands.length;
    if (to > from && wider.length < Math.max(2, bands.length)) break;
    if ((used < 2 && !isRest) || isEntry(line)) break;
    if (wider.length > MOST_BANDS) break;
    bands = wider;
    covered = wider;
    tabular += Number(isTabular(line));
  }
  const rows = to - from;
  return rows >= 2 && bands.length >= 2 && tabular >= Math.max(1, rows / 3) ? { bands, to } : undefined;
}

const hasDigits = (cells: readonly string[]) => cells.some((cell) => /\d/.test(cell));

function tableOf(lines: readonly Line[], bands: readonly Band[]): Table {
  const rows: string[][] = [];
  const plain: string[][] = [];
  for (const line of lines) {
    const cells = cellsOf(line, bands, "html");
    const above = rows.at(-1);
    const isRest = line.parts.length === 1 && cells[0] === "" && above !== undefined;
    if (!isRest) {
      rows.push(cells);
      plain.push(cellsOf(line, bands, "text"));
    } else
      for (const [at, cell] of cells.entries())
        if (cell !== "") above[at] = above[at] === "" ? cell : `${above[at]} ${cell}`;
  }
  const [first = [], ...rest] = plain;
  return { kind: "table", rows, head: !hasDigits(first) && first.every(Boolean) && rest.some(hasDigits) };
}

/** Running text in two columns whose lines a file has side by side. */
function columnsOf(lines: readonly Line[], bands: readonly Band[]): Line[] | undefined {
  if (bands.length !== 2 || lines.length < COLUMN_ROWS) return undefined;
  const chars = lines.reduce((sum, line) => sum + textOf(line).length, 0);
  if (chars / (2 * lines.length) < COLUMN_CHARS) return undefined;
  return bands.flatMap((_, at) =>
    lines.flatMap((line) => {
      const parts = line.parts.filter((part) => bandOf(bands, part) === at);
      return parts.length === 0 ? [] : [{ ...line, parts }];
    }),
  );
}

/** Finds rows whose parts stand below each other. What is left is lines. */
export function findTables(lines: readonly Line[]): (Line | Table)[] {
  const found: (Line | Table)[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] as Line;
    const run = isTabular(line) && !line.monospaced ? runFrom(lines, at) : undefined;
    if (run === undefined) {
      found.push(line);
      at += 1;
      continue;
    }
    const rows = lines.slice(at, run.to);
    const columns = columnsOf(rows, run.bands);
    if (columns === undefined) found.push(tableOf(rows, run.bands));
    else found.push(...columns);
    at = run.to;
  }
  return found;
}
