/**
 * Values by the names beside them: `ssn_number: `, `"phone":"`, `<dob>`, `NHS number `, and the columns of a table whose
 * first line names them. What a value is, the rule says that asks.
 */

/** What may stand between a name and its value; words of a name's end included, a line's end not. */
const BETWEEN =
  /(?:[ _-]?(?:numbers?|num|no|nr|nbr|id|code|value|val|field|data|card)){0,2}(?![A-Za-z])[^A-Za-z0-9\n+(]{0,8}(?:(?:is|was|are|ist|lautet|est|es)[ :]{1,2})?[^A-Za-z0-9\n+(]{0,3}/iy;

const HEADER_MAX = 4_000;
const DELIMITERS = [",", ";", "\t", "|"];
const MAX_COLUMNS = 200;
/** Of a cell that was trimmed: two runs of spaces in a row would be tried in all their lengths. */
const HEADER_CELL = /^["']?\s*[\p{L}_][\p{L}\p{N} _.#()/-]{0,60}["']?$/u;

export interface NamedValue {
  /** Where the value begins. */
  readonly start: number;
  /** Its name stands at the head of its column. */
  readonly column: boolean;
}

/** True where a name that was found is one of its own, or the last word of a camelCase one. */
function beginsWord(text: string, index: number): boolean {
  const before = text[index - 1] ?? "";
  if (!/[A-Za-z]/.test(before)) return true;
  return (/[a-z]/.test(before) && /[A-Z]/.test(text[index] ?? "")) || /\\[nrt]$/.test(text.slice(index - 2, index));
}

function* inlineValues(text: string, name: RegExp): Generator<NamedValue | undefined> {
  for (const { 0: written, index } of text.matchAll(name)) {
    BETWEEN.lastIndex = index + written.length;
    if (!beginsWord(text, index) || !BETWEEN.test(text)) yield undefined;
    else yield { start: BETWEEN.lastIndex, column: false };
  }
}

interface Header {
  readonly delimiter: string;
  /** Which columns have the name. */
  readonly columns: ReadonlySet<number>;
  readonly end: number;
}

function headerOf(text: string, name: RegExp): Header | undefined {
  const end = text.slice(0, HEADER_MAX).indexOf("\n");
  if (end < 0) return undefined;
  const line = text.slice(0, end);
  const splits = DELIMITERS.map((delimiter) => ({ delimiter, cells: line.split(delimiter) }));
  const [{ delimiter, cells } = { delimiter: ",", cells: [] }] = splits.toSorted(
    (a, b) => b.cells.length - a.cells.length,
  );
  if (cells.length < 2 || cells.length > MAX_COLUMNS || !cells.every((cell) => HEADER_CELL.test(cell.trim())))
    return undefined;
  const columns = new Set<number>();
  const names = new RegExp(name.source, "iu");
  for (const [at, cell] of cells.entries()) if (names.test(cell)) columns.add(at);
  return columns.size === 0 ? undefined : { delimiter, columns, end };
}

/** The start of each cell in the columns of that name. A delimiter in quotes parts nothing. */
export function* columnValues(text: string, name: RegExp): Generator<NamedValue | undefined> {
  const header = headerOf(text, name);
  if (header === undefined) return;
  let column = 0;
  let start = header.end + 1;
  let quoted = false;
  for (let i = start; i <= text.length; i++) {
    const char = text[i];
    if (char === '"') quoted = !quoted;
    const ends = char === undefined || char === "\n";
    if (!ends && (quoted || char !== header.delimiter)) continue;
    if (header.columns.has(column) && i > start) {
      const lead = /^[\s"']{0,8}/.exec(text.slice(start, Math.min(i, start + 8)))?.[0].length ?? 0;
      yield { start: start + lead, column: true };
    }
    column = ends ? 0 : column + 1;
    quoted = ends ? false : quoted;
    start = i + 1;
  }
}

/** Where values of this name begin; `name` is global, and ignores case. */
export function* namedValues(text: string, name: RegExp): Generator<NamedValue | undefined> {
  yield* inlineValues(text, name);
  yield* columnValues(text, name);
}
