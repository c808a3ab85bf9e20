import { z } from "zod";
import type { Box } from "./boxes.ts";

export interface ReadWord {
  readonly text: string;
  /** 0 to 100. */
  readonly confidence: number;
  readonly box: Box;
  /** Counts the lines that were found, from 0. */
  readonly line: number;
}

const WORD = "5";
const count = z.coerce.number().int();
const row = z.tuple([
  z.literal(WORD),
  count,
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  count,
  count,
  count,
  count,
  z.coerce.number().min(0).max(100),
  z.string(),
]);

/** The words of Tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
export function readWords(tsv: string): ReadWord[] {
  const lines = new Map<string, number>();
  const words: ReadWord[] = [];
  for (const text of tsv.split("\n")) {
    const cells = text.split("\t");
    if (cells[0] !== WORD || (cells[11] ?? "").trim() === "") continue;
    const [, , block, paragraph, line, , left, top, width, height, confidence, word] = row.parse(cells);
    const name = [block, paragraph, line].join();
    const known = lines.get(name) ?? lines.size;
    lines.set(name, known);
    words.push({ text: word, confidence, box: { left, top, width, height }, line: known });
  }
  return words;
}
