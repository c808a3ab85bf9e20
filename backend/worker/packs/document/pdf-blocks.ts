import { escapeHtml } from "./document.ts";
import { endOf, htmlOf, isEntry, type Line, startOf, textOf } from "./pdf-lines.ts";
import { findTables, type Table } from "./pdf-tables.ts";

/** Shares of the size of characters, but for the last two. */
const HEADING = 1.15;
const INDENT = 0.8;
const MONOSPACE = 0.6;
const SHORT_LINE = 6;
const PARAGRAPH_STEP = 1.3;
const MOST_HEADING_CHARS = 200;
const MOST_LEVEL = 4;
/** Lines at an edge that as many pages repeat are none of the text. */
const FEWEST_REPEATED = 3;
const EDGE_LINES = 2;
const MOST_NUMBERS = 3;
const MOST_WORD_CHARS = 41;

const BULLET = /^[•◦▪‣●○■□·∙]\s*/u;
const DASH = /^[-–—*]\s+/u;
const NUMBER = /^(\d{1,3})[.)]\s+/u;
const ENDED = /[.!?:;…。！？”"»)\]]$/u;
const WIDE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}、。「」！？]/u;

interface Block {
  kind: "p" | "ul" | "ol" | "pre" | "heading";
  lines: Line[];
  /** Where the longest of them ends. */
  widest: number;
  /** Of an item of a numbered list. */
  value?: string;
  /** What of its first line is its marker. */
  marker: number;
}

/** What running heads and feet have in common: their words, and numbers that count with the pages. */
function repeatable(line: Line): string[] {
  const text = textOf(line).trim();
  const words = text.replace(/\d+/g, "#");
  const numbers = (text.match(/\d{1,4}/g) ?? []).slice(0, MOST_NUMBERS);
  const counted = numbers.map((number, at) => `${words} ${at}: ${Number(number) - line.page}`);
  return /\p{L}/u.test(words) ? [words, ...counted] : counted;
}

/** Without the lines at the top and the bottom of pages that repeat, and the numbers of pages. */
function withoutFurniture(pages: readonly (readonly Line[])[]): Line[][] {
  const edges = pages.map((lines) => {
    const sorted = lines.toSorted((a, b) => a.baseline - b.baseline);
    return new Set([...sorted.slice(0, EDGE_LINES), ...sorted.slice(-EDGE_LINES)]);
  });
  const times = new Map<string, number>();
  for (const edge of edges)
    for (const key of new Set([...edge].flatMap(repeatable))) times.set(key, (times.get(key) ?? 0) + 1);
  const many = Math.max(FEWEST_REPEATED, edges.filter(({ size }) => size > 0).length / 3);
  const isRepeated = (key: string) => (times.get(key) ?? 0) >= (/: -?\d+$/.test(key) ? FEWEST_REPEATED : many);
  return pages.map((lines, page) =>
    lines.filter((line) => edges[page]?.has(line) !== true || !repeatable(line).some(isRepeated)),
  );
}

/** The value with the most weight, the first of equals; undefined where there are none. */
function commonest(weights: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [value, weight] of weights) if (best === undefined || weight > (weights.get(best) ?? 0)) best = value;
  return best;
}

const rounded = (size: number) => Math.round(size * 2) / 2;

interface Measures {
  /** Size of the characters of most of the text. */
  readonly body: number;
  /** From line to line, in sizes. */
  readonly step: number;
}

function measured(lines: readonly Line[]): Measures {
  const sizes = new Map<number, number>();
  const steps = new Map<number, number>();
  for (const [at, line] of lines.entries()) {
    const size = rounded(line.size);
    sizes.set(size, (sizes.get(size) ?? 0) + textOf(line).length);
    const above = lines[at - 1];
    const step = above?.page === line.page ? (line.baseline - above.baseline) / line.size : 0;
    if (step > 0.8 && step < 3) steps.set(Math.round(step * 10) / 10, (steps.get(Math.round(step * 10) / 10) ?? 0) + 1);
  }
  return { body: commonest(sizes) ?? 1, step: commonest(steps) ?? 1.2 };
}

/** Whether a line goes on with what is above it, in the same paragraph. */
function goesOn(block: Block, line: Line, { step }: Measures): boolean {
  const above = block.lines.at(-1) as Line;
  if (rounded(above.size) !== rounded(line.size) && Math.abs(above.size - line.size) > 0.1 * line.size) return false;
  const distance = (line.baseline - above.baseline) / line.size;
  if (above.page !== line.page || distance <= 0) {
    // To the next column or page.
    return block.kind !== "heading" && !ENDED.test(textOf(above)) && /^[\p{Ll}\d(]/u.test(textOf(line));
  }
  if (distance > PARAGRAPH_STEP * step || isEntry(above)) return false;
  const indent = (startOf(line) - startOf(above)) / line.size;
  const isFirst = block.lines.length === 1;
  if (block.kind === "ul" || block.kind === "ol") return isFirst ? indent > -0.1 : Math.abs(indent) < INDENT;
  if (isFirst) return indent < INDENT;
  if (indent > INDENT) return false;
  // A line that ends early ends its paragraph.
  const left = block.widest - endOf(above);
  const isShort = left > SHORT_LINE * line.size;
  const isHalf = left > (block.widest - startOf(line)) / 2 && /^\p{Lu}/u.test(textOf(line));
  return !(isShort && (ENDED.test(textOf(above)) || isHalf));
}

function kindOf(line: Line, before: Block | undefined, { body }: Measures): Omit<Block, "lines" | "widest"> {
  const text = textOf(line);
  if (line.monospaced) return { kind: "pre", marker: 0 };
  if (line.size >= HEADING * body && text.length <= MOST_HEADING_CHARS && /\p{L}/u.test(text))
    return { kind: "heading", marker: 0 };
  const bullet = BULLET.exec(text) ?? DASH.exec(text);
  if (bullet !== null) return { kind: "ul", marker: bullet[0].length };
  const [marker = "", value = ""] = NUMBER.exec(text) ?? [];
  const isNext = before?.kind === "ol" ? Number(value) === Number(before.value) + 1 : value === "1";
  return value !== "" && isNext ? { kind: "ol", marker: marker.length, value } : { kind: "p", marker: 0 };
}

function blocksOf(found: readonly (Line | Table)[], measures: Measures): (Block | Table)[] {
  const blocks: (Block | Table)[] = [];
  let numbered: Block | undefined;
  for (const line of found) {
    if ("kind" in line) {
      blocks.push(line);
      continue;
    }
    const last = blocks.at(-1);
    const open = last === undefined || last.kind === "table" ? undefined : last;
    const next = kindOf(line, numbered, measures);
    const isSame = open !== undefined && (next.kind === open.kind || (next.kind === "p" && open.kind !== "heading"));
    const isCode = open?.kind === "pre" && next.kind === "pre" && open.lines.at(-1)?.page === line.page;
    const isText = isSame && next.marker === 0 && next.kind !== "pre" && open.kind !== "pre";
    if (isCode || (isText && goesOn(open, line, measures))) {
      open.lines.push(line);
      open.widest = Math.max(open.widest, endOf(line));
    } else {
      const block: Block = { ...next, lines: [line], widest: endOf(line) };
      blocks.push(block);
      if (block.kind === "ol") numbered = block;
      else if (block.kind === "heading") numbered = undefined;
    }
  }
  return blocks;
}

/** A word that a line's end cuts is put together again, unless the text has it with its hyphen elsewhere. */
function joined(lines: readonly Line[], hyphenated: ReadonlySet<string>): string {
  const pieces: string[] = [];
  for (const line of lines) {
    const next = htmlOf(line);
    const last = pieces.at(-1);
    const cut = /([\p{L}\p{N}]{1,40})(-|\u00AD|\u2010)$/u.exec(last?.slice(-MOST_WORD_CHARS) ?? "");
    const rest = /^\p{Ll}\p{L}*/u.exec(next.slice(0, MOST_WORD_CHARS))?.[0];
    if (last === undefined) pieces.push(next);
    else if (cut !== null && rest !== undefined) {
      const isOneWord = cut[2] === "\u00AD" || !hyphenated.has(`${cut[1]}-${rest}`.toLowerCase());
      if (isOneWord) pieces[pieces.length - 1] = last.slice(0, -1);
      pieces.push(next);
    } else pieces.push(WIDE.test(last.at(-1) ?? "") && WIDE.test(next.at(0) ?? "") ? "" : " ", next);
  }
  return pieces
    .join("")
    .replaceAll("\u00AD", "")
    .replace(/(?:\s?\.){5,}/g, " …");
}

function code(lines: readonly Line[]): string {
  const left = lines.reduce((least, line) => Math.min(least, startOf(line)), Infinity);
  const text = lines.map((line) => {
    const spaces = Math.round((startOf(line) - left) / (MONOSPACE * line.size));
    return " ".repeat(Math.max(0, Math.min(spaces, 80))) + textOf(line);
  });
  return `<pre>${escapeHtml(text.join("\n"))}</pre>`;
}

function tableHtml({ rows, head }: Table): string {
  const row = (cells: readonly string[], name: string) =>
    `<tr>${cells.map((cell) => `<${name}>${cell}</${name}>`).join("")}</tr>`;
  return `<table>${rows.map((cells, at) => row(cells, head && at === 0 ? "th" : "td")).join("")}</table>`;
}

/** How deep a heading is, by the sizes that there are: the largest is the first. */
function levelsOf(blocks: readonly (Block | Table)[]): ReadonlyMap<number, number> {
  const sizes = blocks.flatMap((block) => (block.kind === "heading" ? [rounded(block.lines[0]?.size ?? 0)] : []));
  const ranked = [...new Set(sizes)].toSorted((a, b) => b - a);
  return new Map(ranked.map((size, at) => [size, Math.min(MOST_LEVEL, at + 1)]));
}

/** The text of a document by pages, as HTML: headings by their size, paragraphs, lists, tables and code by where they stand. */
export function blocksHtml(pages: readonly (readonly Line[])[]): { html: string; heading: string | undefined } {
  const kept = withoutFurniture(pages);
  const measures = measured(kept.flat());
  const blocks = blocksOf(kept.flatMap(findTables), measures);
  const texts = kept.flatMap((lines) => lines.map(textOf));
  const hyphenated = new Set(
    texts.flatMap((text) => (text.match(/[\p{L}\p{N}]+-\p{Ll}\p{L}*/gu) ?? []).map((word) => word.toLowerCase())),
  );
  const levels = levelsOf(blocks);
  const html: string[] = [];
  for (const [at, block] of blocks.entries()) {
    if (block.kind === "table") html.push(tableHtml(block));
    else if (block.kind === "pre") html.push(code(block.lines));
    else {
      const inside = joined(block.lines, hyphenated);
      if (block.kind === "p") html.push(`<p>${inside}</p>`);
      else if (block.kind === "heading") {
        const level = levels.get(rounded(block.lines[0]?.size ?? 0)) ?? 1;
        html.push(`<h${level}>${inside}</h${level}>`);
      } else {
        const value = block.value === undefined ? "" : ` value="${block.value}"`;
        const open = blocks[at - 1]?.kind === block.kind ? "" : `<${block.kind}>`;
        const close = blocks[at + 1]?.kind === block.kind ? "" : `</${block.kind}>`;
        html.push(`${open}<li${value}>${inside.slice(block.marker)}</li>${close}`);
      }
    }
  }
  const title = blocks.find(
    (block) => block.kind === "heading" && levels.get(rounded(block.lines[0]?.size ?? 0)) === 1,
  );
  return {
    html: html.join("\n"),
    heading: title === undefined || title.kind === "table" ? undefined : title.lines.map(textOf).join(" "),
  };
}
