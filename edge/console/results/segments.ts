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

export interface Block {
  readonly kind: "heading" | "item" | "code" | "text";
  readonly text: string;
}

/** Markdown as blocks of plain text: enough to read by, and nothing of it is ever markup here. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  const parts = markdown.split(/^```.*$/m);
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) blocks.push({ kind: "code", text: part.trim() });
    else blocks.push(...part.split(/\n{2,}|\n(?=\s*[-*+] |#{1,6} |\d+\. )/).flatMap(blockOf));
  }
  return blocks.filter(({ text }) => text !== "");
}

function blockOf(part: string): readonly Block[] {
  const text = part.trim();
  const [, heading] = /^#{1,6}\s+(.*)/.exec(text) ?? [];
  if (heading !== undefined) {
    const rest = text.split("\n").slice(1).join("\n");
    return [{ kind: "heading", text: plainOf(heading) }, ...(rest === "" ? [] : blockOf(rest))];
  }
  const [, item] = /^(?:[-*+]|\d+\.)\s+([\s\S]*)/.exec(text) ?? [];
  if (item !== undefined) return [{ kind: "item", text: plainOf(item) }];
  return [{ kind: "text", text: plainOf(text) }];
}

const plainOf = (text: string): string =>
  text
    .replaceAll(/!?\[([^\]]{0,2000})\]\([^)\s]{0,4000}(?:\s"[^"]{0,500}")?\)/g, "$1")
    .replaceAll(/(\*\*|__)(.+?)\1/g, "$2")
    .replaceAll(/\\([\\`*_{}[\]()#+\-.!>])/g, "$1")
    .replaceAll(/^>\s?/gm, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
