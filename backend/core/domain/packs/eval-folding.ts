import type { MetricOf } from "./eval-metrics.ts";

/**
 * Case folded as Unicode's full folding does it, nearly: by capitals, so that ß is ss, and sigmas are one. A dotted capital I
 * is the small i that it is in Turkish.
 */
export const foldCase = (text: string): string =>
  text.replaceAll("\u0130", "i").toUpperCase().toLowerCase().replaceAll("\u03C2", "\u03C3");

export type Folding = Pick<MetricOf<"exact">, "ignore_case" | "whitespace" | "normalize">;

/** Marks in a row, also those that NFKC makes of half-width ones; UAX 15 has no language need more than 30. */
const LONG_RUN = /[\p{M}\uFF9E\uFF9F]{30}/gu;

/** In a form of Unicode, of which marks are put in order 30 at a time: all of a long run at once is quadratic. */
export function formed(text: string, form: NonNullable<Folding["normalize"]>): string {
  let done = "";
  let from = 0;
  for (const { index, 0: run } of text.matchAll(LONG_RUN)) {
    const end = index + run.length;
    done += text.slice(from, end).normalize(form);
    from = end;
  }
  return done + text.slice(from).normalize(form);
}

/** A text as a metric compares it. */
export function folded(text: string, { ignore_case, whitespace, normalize }: Folding): string {
  const form = (one: string) => (normalize === undefined ? one : formed(one, normalize));
  const first = form(text);
  const spaced = { keep: first, trim: first.trim(), collapse: first.trim().replace(/\s+/g, " ") }[whitespace];
  return ignore_case ? form(foldCase(spaced)) : spaced;
}

/** The most UTF-16 units that folding makes of one: 18 in NFKC, of U+FDFA; 3 in NFC, and 3 where case is folded. */
export function mostGrowth({ ignore_case, normalize }: Folding): number {
  const inForm = normalize === undefined ? 1 : { NFC: 3, NFKC: 18 }[normalize];
  return ignore_case ? inForm * 3 : inForm;
}
