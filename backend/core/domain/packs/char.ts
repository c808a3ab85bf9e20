import { z } from "zod";
import { lineUpTo, textUpTo } from "../bounded.ts";
import { micros } from "../money.ts";
import type { PackOffer } from "../pack.ts";

/** Ceilings of the `char` pack's inputs; lengths in UTF-16 units, sizes in pixels. */
export const CHAR_LIMITS = {
  max_name_chars: 120,
  max_seed_chars: 200,
  min_size_px: 32,
  max_size_px: 1_024,
  /** As many as the largest result has. */
  max_portrait_bytes: 8_388_608,
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
  textUpTo(max)
    .min(1, { abort: true })
    .regex(LINE, "must be one line without space at either end, control characters or lone surrogates")
    .meta({ pattern: lineUpTo(max) });

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

const chosen = (value: z.ZodString, max = 100) => z.record(z.string().max(60), value).meta({ maxProperties: max });
const credit = (description: string) => z.string().max(2_000).describe(description);

const data = z.strictObject({
  name: line(CHAR_LIMITS.max_name_chars).describe("Whom the portrait shows."),
  style: z.enum(CHAR_STYLES).describe("The set of drawings."),
  seed: line(CHAR_LIMITS.max_seed_chars).describe("What features and colours were chosen by."),
  size: z.int().min(CHAR_LIMITS.min_size_px).max(CHAR_LIMITS.max_size_px).describe("Width and height in pixels."),
  features: chosen(z.string().max(60)).describe("The variant of each part of the face, by part."),
  colors: chosen(z.string().regex(/^#[0-9a-f]{3,8}$/)).describe("The colour of each part, by part."),
  artifact: z.literal("portrait.svg").describe("The name of the portrait among the `artifacts` of the result."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the portrait's bytes in UTF-8, in hex."),
  bytes: z.int().min(1).max(CHAR_LIMITS.max_portrait_bytes).describe("Size of the portrait, in bytes."),
  licence: z
    .strictObject({
      name: credit("The licence of the drawings."),
      url: credit("Where the licence is."),
      artist: credit("Who drew them."),
      artist_url: credit("Where the artist is."),
      source: credit("The work that they are from."),
      source_url: credit("Where that work is."),
      attribution: credit("The attribution that the licence asks for, in words."),
    })
    .describe("Artist, source and licence of the style."),
});

export const charOffer: PackOffer<CharInputs> = {
  type: "char",
  version: "1.0.0",
  title: "Character",
  summary:
    "Draws a deterministic portrait as SVG that is safe to embed (no script, no external reference, text escaped), " +
    "with accessible title, chosen features, SHA-256, and the artist, source and licence of its style.",
  inputs,
  data,
  prices: { base: { unit_micros: micros(5_000), per: "portrait" } },
  reliability: "Always 1: a portrait that does not pass the pack's own check of its SVG is not delivered.",
  examples: [
    { title: "A portrait by a name", inputs: { name: "Ada Lovelace", style: "lorelei", seed: "ada-1", size: 256 } },
    {
      title: "Another style, at a fixed seed",
      inputs: { name: "Support agent 7", style: "pixel-art", seed: "agent-7", size: 512 },
    },
    { title: "A small one", inputs: { name: "Grace Hopper", style: "notionists", size: 64 } },
  ],
  estimate: () => ({ units: { base: 1 }, exact: true }),
};
