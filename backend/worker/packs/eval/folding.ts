import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";

/**
 * Case folded as Unicode's full folding does it, nearly: by capitals, so that ß is ss, and sigmas are one. A dotted capital I
 * is the small i that it is in Turkish.
 */
export const foldCase = (text: string): string =>
  text.replaceAll("\u0130", "i").toUpperCase().toLowerCase().replaceAll("\u03C2", "\u03C3");

export type Folding = Pick<MetricOf<"exact">, "ignore_case" | "whitespace" | "normalize">;

/** A text as a metric compares it. */
export function folded(text: string, { ignore_case, whitespace, normalize }: Folding): string {
  const formed = normalize === undefined ? text : text.normalize(normalize);
  const spaced = { keep: formed, trim: formed.trim(), collapse: formed.trim().replace(/\s+/g, " ") }[whitespace];
  if (!ignore_case) return spaced;
  return normalize === undefined ? foldCase(spaced) : foldCase(spaced).normalize(normalize);
}
