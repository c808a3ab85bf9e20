import { z } from "zod";
import { lineUpTo, recordUpTo, textUpTo } from "../bounded.ts";
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
  /** Features, and colours, that may be given. */
  max_given: 30,
} as const;

/**
 * Every style whose licence permits commercial use (CC0 1.0, CC BY 4.0 or MIT, as each definition says of itself), and whose
 * drawings pass the check: no text, which depends on fonts, and no filters.
 */
export const CHAR_STYLES = [
  "adventurer-neutral",
  "adventurer",
  "big-ears-neutral",
  "big-ears",
  "big-smile",
  "blobs",
  "cameo",
  "clay",
  "constellation",
  "critters",
  "croodles-neutral",
  "croodles",
  "cutouts",
  "dylan",
  "fun-emoji",
  "gaze",
  "glyphs",
  "icons",
  "identicon",
  "landscape",
  "line-face",
  "loops",
  "lorelei-neutral",
  "lorelei",
  "micah",
  "miniavs",
  "moods",
  "notionists-neutral",
  "notionists",
  "open-peeps",
  "patchwork",
  "personas",
  "pixel-art-neutral",
  "pixel-art",
  "pixelbot",
  "rings",
  "shadows",
  "shape-grid",
  "shapes",
  "slice",
  "sprouts",
  "squircles",
  "stack",
  "stripes",
  "thumbs",
  "toon-head",
  "triangles",
  "voxel-art",
  "voxel-bot",
  "waves",
  "weave",
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

const HEX = /^#[0-9a-fA-F]{6}$/;
const PART = /^[a-z][A-Za-z0-9]{0,59}$/;

const given = (value: RegExp, message: string) =>
  recordUpTo(CHAR_LIMITS.max_given, z.string().regex(PART, "is no name of a part"), z.string().regex(value, message));

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
  features: given(/^[A-Za-z0-9-]{1,60}$/, "must be the name of a variant, or none")
    .optional()
    .describe(
      "Variant by part, such as `glasses`; `none` leaves a part out. A name that the style does not have ends the run free of charge; the error lists those that it has.",
    ),
  colors: given(HEX, "must be a colour such as #1a2b3c")
    .optional()
    .describe("Colour by part, such as `hair`; a name that the style does not have likewise."),
  background: z
    .string()
    .regex(/^(?:transparent|#[0-9a-fA-F]{6})$/, "must be transparent, or a colour such as #1a2b3c")
    .optional()
    .describe("`transparent`, or a colour; chosen by the seed if left out."),
  png: z.boolean().optional().describe("Whether to draw it as PNG, too; costs nothing more."),
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
  png: z
    .strictObject({
      artifact: z.literal("portrait.png").describe("The name of the PNG among the `artifacts` of the result."),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe("SHA-256 of the PNG's bytes, in hex."),
      bytes: z.int().min(1).max(CHAR_LIMITS.max_portrait_bytes).describe("Size of the PNG, in bytes."),
    })
    .optional()
    .describe("The portrait as PNG, where that was asked for."),
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
  version: "1.1.0",
  title: "Character",
  summary:
    `Draws a deterministic portrait in one of ${CHAR_STYLES.length} styles, as SVG that is safe to embed (no script, no external ` +
    "reference, text escaped) and as PNG, with features, colours and background of your own or chosen by a seed, accessible title, " +
    "SHA-256, and the artist, source and licence of its style.",
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
    {
      title: "Red hair, glasses, no beard, on nothing, as PNG too",
      inputs: {
        name: "Grace Hopper",
        style: "lorelei",
        size: 128,
        features: { glasses: "variant02", beard: "none" },
        colors: { hair: "#a0522d" },
        background: "transparent",
        png: true,
      },
    },
  ],
  estimate: () => ({ units: { base: 1 }, exact: true }),
};
