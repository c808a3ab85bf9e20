import { z } from "zod";
import type { Box } from "./boxes.ts";

/** A word as the engine places it: in a line of a paragraph of a block. */
export interface PlacedWord {
  readonly text: string;
  /** 0 to 100. */
  readonly confidence: number;
  readonly box: Box;
  readonly block: number;
  readonly paragraph: number;
  readonly line: number;
}

const WORD = "5";
const count = z.coerce.number().int();
const row = z.tuple([
  z.literal(WORD),
  count,
  count,
  count,
  count,
  z.string(),
  count,
  count,
  count,
  count,
  z.coerce.number().min(0).max(100),
  z.string(),
]);

/** The words of Tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
export function readWords(tsv: string): PlacedWord[] {
  const words: PlacedWord[] = [];
  for (const text of tsv.split("\n")) {
    const cells = text.split("\t");
    if (cells[0] !== WORD || (cells[11] ?? "").trim() === "") continue;
    const [, , block, paragraph, line, , left, top, width, height, confidence, word] = row.parse(cells);
    words.push({ text: word, confidence, box: { left, top, width, height }, block, paragraph, line });
  }
  return words;
}
