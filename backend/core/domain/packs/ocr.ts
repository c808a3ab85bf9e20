import { z } from "zod";
import { decodeBase64 } from "../base64.ts";
import { type ImageHeader, readImageHeader } from "../image/header.ts";
import { type Micros, micros } from "../money.ts";
import { type PackOffer, unitsWithin } from "../pack.ts";
import { webAddress } from "../web-address.ts";
import { ocrData } from "./ocr-data.ts";
import { OCR_EXAMPLE_IMAGE } from "./ocr-example.ts";
import { OCR_LANGUAGES, OCR_LIMITS, type OcrLanguage } from "./ocr-limits.ts";

/** How many pixels one `megapixel` covers, once started. */
const PIXELS_PER_UNIT = 1_000_000;
const CHARS_PER_BASE64_GROUP = 4;
const BYTES_PER_BASE64_GROUP = 3;
const MAX_IMAGE_CHARS = Math.ceil(OCR_LIMITS.max_inline_bytes / BYTES_PER_BASE64_GROUP) * CHARS_PER_BASE64_GROUP;

/** An image that can be read, or why it cannot, as a text that follows its name. */
export type CheckedImage =
  | { readonly kind: "ok"; readonly header: ImageHeader }
  | { readonly kind: "refused"; readonly why: string };

/** Checks an image by its header, so that one that is too large when decoded is never decoded. */
export function checkImage(bytes: Uint8Array): CheckedImage {
  const refused = (why: string): CheckedImage => ({ kind: "refused", why });
  const header = readImageHeader(bytes);
  if (header === undefined) return refused("must be a still PNG, JPEG or WebP image with a whole header");
  const { width, height } = header;
  const { min_side_px, max_side_px, max_pixels } = OCR_LIMITS;
  if (Math.min(width, height) < min_side_px || Math.max(width, height) > max_side_px) {
    return refused(`must have sides of ${min_side_px} to ${max_side_px} pixels`);
  }
  if (width * height > max_pixels) return refused(`must have at most ${max_pixels} pixels`);
  return { kind: "ok", header };
}

/** What is wrong with an inline image; undefined when the edge finds nothing. */
function faultOf(image: string): string | undefined {
  const bytes = decodeBase64(image);
  if (bytes === undefined) return "must be base64 with padding and without white space";
  if (bytes.byteLength > OCR_LIMITS.max_inline_bytes) return `must be at most ${OCR_LIMITS.max_inline_bytes} bytes`;
  const checked = checkImage(bytes);
  return checked.kind === "refused" ? checked.why : undefined;
}

const fields = z.strictObject({
  image: z
    .string()
    .max(MAX_IMAGE_CHARS, {
      error: `must be at most ${MAX_IMAGE_CHARS} characters, which hold ${OCR_LIMITS.max_inline_bytes} bytes`,
      abort: true,
    })
    .superRefine((image, context) => {
      const fault = faultOf(image);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    })
    .meta({
      description: `A PNG, JPEG or WebP of up to ${OCR_LIMITS.max_inline_bytes} bytes, as base64. This or \`image_url\`.`,
      contentEncoding: "base64",
    })
    .optional(),
  image_url: webAddress
    .describe(`Where a PNG, JPEG or WebP of up to ${OCR_LIMITS.max_fetched_bytes} bytes is. This or \`image\`.`)
    .optional(),
  language: z
    .enum(OCR_LANGUAGES)
    .default("eng")
    .describe("ISO 639-2 code of the text's language; `chi_sim` is Chinese in simplified characters."),
  languages: z
    .array(z.enum(OCR_LANGUAGES))
    .min(1)
    .max(OCR_LIMITS.max_languages)
    .refine((languages) => new Set(languages).size === languages.length, { error: "must not name a language twice" })
    .describe("Of a text in two languages both, the main one first; instead of `language`.")
    .optional(),
});

const inputs = fields
  .superRefine((value, context) => {
    const given = [value.image, value.image_url].filter((source) => source !== undefined).length;
    if (given === 0) context.addIssue({ code: "custom", path: ["image"], message: "is required, or image_url" });
    if (given === 2) {
      context.addIssue({ code: "custom", path: ["image_url"], message: "must not be given beside image" });
    }
    if (value.languages !== undefined && value.language !== "eng" && !value.languages.includes(value.language)) {
      context.addIssue({ code: "custom", path: ["languages"], message: "must include language, or be given alone" });
    }
  })
  .describe("What the pack works on: exactly one of `image` and `image_url`.");

export type OcrInputs = z.output<typeof inputs>;

/** The languages that a text is read in, the main one first. */
export const ocrLanguages = ({ language, languages }: OcrInputs): readonly OcrLanguage[] => languages ?? [language];

/** Units of reading an image: the base and every started megapixel. */
export function ocrUnits({ width, height }: Pick<ImageHeader, "width" | "height">): {
  base: number;
  megapixel: number;
} {
  return { base: 1, megapixel: Math.max(1, Math.ceil((width * height) / PIXELS_PER_UNIT)) };
}

/** How many started megapixels the cap covers; 0 where it covers no reading. */
export const ocrMegapixelsWithin = (cap: Micros): number => unitsWithin(ocrOffer.prices, cap, { base: 1 }, "megapixel");

export const ocrOffer: PackOffer<OcrInputs> = {
  type: "ocr",
  version: "1.1.0",
  title: "OCR",
  summary:
    `Reads printed text of ${OCR_LANGUAGES.length} languages in an image: the text, mean confidence, and every word ` +
    "with its box, line and confidence. Tables and forms are read row by row, columns of prose one after the other. " +
    `PNG, JPEG or WebP, inline or by URL, up to ${OCR_LIMITS.max_pixels / PIXELS_PER_UNIT} megapixels. EXIF's ` +
    "orientation is followed, a skew and uneven light are undone, and a page that lies on a side or upside down is turned.",
  inputs,
  data: ocrData,
  prices: {
    base: { unit_micros: micros(10_000), per: "run" },
    megapixel: { unit_micros: micros(1_000), per: "started megapixel (1,000,000 pixels) of the image" },
  },
  reliability: "`confidence` as a share of 1; 0 where no text was found.",
  examples: [
    { title: "A picture of printed text", inputs: { image: OCR_EXAMPLE_IMAGE, language: "eng" } },
    { title: "A picture on the web", inputs: { image_url: "https://example.com/receipt.png", language: "eng" } },
  ],
  estimate({ image }) {
    const bytes = image === undefined ? undefined : decodeBase64(image);
    const header = bytes && readImageHeader(bytes);
    if (header !== undefined) return { units: ocrUnits(header), exact: true };
    // An image behind a URL has a megapixel at least, begun or whole.
    const most = Math.ceil(OCR_LIMITS.max_pixels / PIXELS_PER_UNIT);
    return { units: { base: 1, megapixel: 1 }, most_units: { base: 1, megapixel: most }, exact: false };
  },
};
