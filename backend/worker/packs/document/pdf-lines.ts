import { escapeHtml } from "./document.ts";

/** A run of characters of one font, along the direction in which it is written. */
export interface PdfItem {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Where its baseline is, growing from line to line. */
  readonly baseline: number;
  readonly size: number;
  /** Quarter turns of the direction. */
  readonly turns: number;
  readonly monospaced: boolean;
  readonly href: string | undefined;
}

/** What stands together on a line. */
export interface Part {
  readonly start: number;
  end: number;
  text: string;
  html: string;
}

export interface Line {
  readonly page: number;
  readonly baseline: number;
  readonly turns: number;
  /** Of the characters that most of it is written in. */
  size: number;
  monospaced: boolean;
  parts: Part[];
}

/** Shares of the size of characters. */
const SPACE = 0.15;
const PART = 0.3;
const SAME_LINE = 0.5;
const RAISED = 0.15;
const SMALL = 0.85;
const MOST_RAISED_CHARS = 6;
const MOST_ENTRY_END = 40;

export const startOf = ({ parts }: Line): number => parts[0]?.start ?? 0;
export const endOf = ({ parts }: Line): number => parts.at(-1)?.end ?? 0;
export const textOf = ({ parts }: Line): string => parts.map(({ text }) => text).join(" ");
export const htmlOf = ({ parts }: Line): string => parts.map(({ html }) => html).join(" ");

/** Of a table of contents: a row of dots leads to a number. */
export const isEntry = (line: Line): boolean => /(?:\. ?){4}\s*\d{1,4}$/.test(textOf(line).slice(-MOST_ENTRY_END));

function markup({ text, href }: PdfItem, raised: "sup" | "sub" | undefined): string {
  const escaped = escapeHtml(text);
  const linked = href === undefined ? escaped : `<a href="${escapeHtml(href)}">${escaped}</a>`;
  return raised === undefined ? linked : `<${raised}>${linked}</${raised}>`;
}

/** Puts the runs of a page, in the order in which it has them, together to lines. */
export class LineBuilder {
  readonly lines: Line[] = [];
  readonly #page: number;
  #last: PdfItem | undefined;
  #space = false;

  constructor(page: number) {
    this.#page = page;
  }

  add(item: PdfItem): void {
    if (item.text.trim() === "") {
      this.#space = true;
      return;
    }
    const last = this.#last;
    if (last !== undefined && isAgain(item, last)) return;
    const line = this.lines.at(-1);
    if (line === undefined || last === undefined || !continues(item, last, line)) this.#begin(item);
    else this.#append(item, last, line);
    this.#last = item;
    this.#space = false;
  }

  #begin({ baseline, size, turns, monospaced, ...item }: PdfItem): void {
    const part = { start: item.start, end: item.end, text: item.text, html: "" };
    part.html = markup({ ...item, baseline, size, turns, monospaced }, undefined);
    this.lines.push({ page: this.#page, baseline, turns, size, monospaced, parts: [part] });
  }

  #append(item: PdfItem, last: PdfItem, line: Line): void {
    const part = line.parts.at(-1) as Part;
    const gap = Math.max(item.start - last.end, last.start - item.end) / Math.max(item.size, last.size);
    const isSmall = item.size < SMALL * line.size && item.text.trim().length <= MOST_RAISED_CHARS;
    const rise = (line.baseline - item.baseline) / line.size;
    const raised = isSmall && Math.abs(rise) > RAISED ? (rise > 0 ? "sup" : "sub") : undefined;
    if (item.size > line.size) line.size = item.size;
    line.monospaced &&= item.monospaced;
    if (gap > PART) {
      line.parts.push({ start: item.start, end: item.end, text: item.text, html: markup(item, raised) });
      return;
    }
    const space = this.#space || gap > SPACE ? " " : "";
    part.text += space + item.text;
    part.html += space + markup(item, raised);
    part.end = Math.max(part.end, item.end);
  }
}

/** Some programs print bold by printing twice. */
function isAgain(item: PdfItem, last: PdfItem): boolean {
  const near = SPACE * item.size;
  return (
    item.text === last.text &&
    Math.abs(item.start - last.start) < near &&
    Math.abs(item.baseline - last.baseline) < near
  );
}

function continues(item: PdfItem, last: PdfItem, line: Line): boolean {
  if (item.turns !== line.turns) return false;
  if (Math.abs(item.baseline - line.baseline) > SAME_LINE * Math.max(item.size, line.size)) return false;
  const tolerance = SAME_LINE * item.size;
  return item.start >= last.end - tolerance || item.end <= last.start + tolerance;
}
