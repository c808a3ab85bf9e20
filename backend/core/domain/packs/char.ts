import { z } from "zod";
import { textUpTo } from "../bounded.ts";
import { micros } from "../money.ts";
import type { PackOffer } from "../pack.ts";

/** Ceilings of the `char` pack's inputs; lengths in UTF-16 units, sizes in pixels. */
export const CHAR_LIMITS = {
  max_name_chars: 120,
  max_seed_chars: 200,
  min_size_px: 32,
  max_size_px: 1_024,
} as const;

/** Only styles whose licence permits commercial use: CC0 1.0 or CC BY 4.0, as each definition says of itself. */
export const CHAR_STYLES = [
  "adventurer",
  "big-smile",
  "lorelei",
  "micah",
  "notionists",
  "open-peeps",
  "personas",
  "pixel-art",
] as const;

export type CharStyle = (typeof CHAR_STYLES)[number];

// What XML 1.0 (section 2.2) cannot hold, escaped or not, and controls, which no name or seed needs.
const LINE =
  /^[^\s\p{Cc}\p{Cs}\uFFFE\uFFFF](?:[^\p{Cc}\p{Cs}\uFFFE\uFFFF\u2028\u2029]*[^\s\p{Cc}\p{Cs}\uFFFE\uFFFF])?$/u;

const line = (max: number) =>
  textUpTo(max).regex(LINE, "must be one line without space at either end, control characters or lone surrogates");

const inputs = z.strictObject({
  name: line(CHAR_LIMITS.max_name_chars).meta({ description: "Whom the portrait shows; its accessible title." }),
  style: z.enum(CHAR_STYLES).default("lorelei").meta({ description: "The set of drawings to choose from." }),
  seed: line(CHAR_LIMITS.max_seed_chars)
    .optional()
    .meta({ description: "What features and colours are chosen by; the name if absent." }),
  size: z
    .int()
    .min(CHAR_LIMITS.min_size_px)
    .max(CHAR_LIMITS.max_size_px)
    .default(256)
    .meta({ description: "Width and height in pixels; the drawing scales with them." }),
});

export type CharInputs = z.output<typeof inputs>;

export const charOffer: PackOffer<CharInputs> = {
  type: "char",
  version: "1.0.0",
  title: "Character",
  summary:
    "Draws a deterministic portrait as SVG that is safe to embed (no script, no external reference, text escaped), " +
    "with accessible title, chosen features, SHA-256, and the artist, source and licence of its style.",
  inputs,
  prices: { base: { unit_micros: micros(5_000), per: "portrait" } },
  reliability: "Always 1: a portrait that does not pass the pack's own check of its SVG is not delivered.",
  example: { name: "Ada Lovelace", style: "lorelei", seed: "ada-1", size: 256 },
  estimate: () => ({ units: { base: 1 }, exact: true }),
};
