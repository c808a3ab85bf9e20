/** Parts of texts and pictures that results point at. */

export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly kind?: string | undefined;
  readonly severity: string;
}

export interface Segment {
  readonly text: string;
  readonly finding?: Finding;
}

/** A text cut where findings begin and end, by UTF-16 units as the API counts; what overlaps or lies outside is left out. */
export function segmentsOf(text: string, findings: readonly Finding[]): readonly Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const finding of findings) {
    const { start, end } = finding;
    if (start < at || end <= start || end > text.length) continue;
    if (start > at) segments.push({ text: text.slice(at, start) });
    segments.push({ text: text.slice(start, end), finding });
    at = end;
  }
  if (at < text.length) segments.push({ text: text.slice(at) });
  return segments;
}

export interface Word {
  readonly text: string;
  readonly confidence: number;
  readonly line: number;
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Boxes of words as SVG has them, none beyond the picture; each with the word's place in the list. */
export function boxesOf(words: readonly Word[], picture: { readonly width: number; readonly height: number }) {
  return words.flatMap(({ box }, index) => {
    const x = Math.max(0, Math.min(box.left, picture.width));
    const y = Math.max(0, Math.min(box.top, picture.height));
    const width = Math.min(box.left + box.width, picture.width) - x;
    const height = Math.min(box.top + box.height, picture.height) - y;
    return width > 0 && height > 0 ? [{ index, x, y, width, height }] : [];
  });
}

/** Words by the line that they stand in. */
export function linesOf(words: readonly Word[]): readonly (readonly (Word & { readonly index: number })[])[] {
  const lines = new Map<number, (Word & { readonly index: number })[]>();
  for (const [index, word] of words.entries()) {
    const line = lines.get(word.line) ?? [];
    line.push({ ...word, index });
    lines.set(word.line, line);
  }
  return [...lines.values()];
}

/** Where an address leads; of what is no address, the text itself. */
export const hostOf = (address: string): string => (URL.canParse(address) && new URL(address).host) || address;

export interface Block {
  readonly kind: "heading" | "item" | "code" | "text";
  readonly text: string;
}

const HEADING = /^#{1,6}\s/;
const ITEM = /^(?:[-*+]|\d{1,9}\.)\s/;
const FENCE = "```";

/** Markdown as blocks of plain text: enough to read by, and nothing of it is ever markup here. In linear time. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let kind: Block["kind"] = "text";
  const end = () => {
    const text = kind === "code" ? lines.join("\n").trim() : plainOf(lines.join(" "));
    if (text !== "") blocks.push({ kind, text });
    lines = [];
    kind = "text";
  };
  for (const whole of markdown.split("\n")) {
    const line = whole.trim();
    if (line.startsWith(FENCE)) {
      const begins = kind !== "code";
      end();
      if (begins) kind = "code";
    } else if (kind === "code") lines.push(whole);
    else if (line === "") end();
    else if (HEADING.test(line)) {
      end();
      kind = "heading";
      lines = [line.slice(line.search(/\s/))];
      end();
    } else if (ITEM.test(line)) {
      end();
      kind = "item";
      lines = [line.slice(line.search(/\s/))];
    } else lines.push(line.startsWith(">") ? line.slice(1).trim() : line);
  }
  end();
  return blocks;
}

const plainOf = (text: string): string =>
  withoutLinks(text)
    .replaceAll("**", "")
    .replaceAll(/\\([\\`*_{}[\]()#+\-.!>])/g, "$1")
    .trim();

/** The text of each `[text](address)` in its place. */
function withoutLinks(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (let middle = text.indexOf("]("); middle >= 0; middle = text.indexOf("](", at)) {
    const close = text.indexOf(")", middle);
    if (close < 0) break;
    const before = text.slice(at, middle);
    const open = before.lastIndexOf("[");
    parts.push(open < 0 ? text.slice(at, close + 1) : `${before.slice(0, open)}${before.slice(open + 1)}`);
    at = close + 1;
  }
  return [...parts, text.slice(at)].join("");
}
