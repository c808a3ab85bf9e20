import { z } from "zod";
import { MAX_ADDRESS_CHARS, MAX_REDIRECTS } from "../web-address.ts";
import { OCR_LANGUAGES, OCR_LIMITS } from "./ocr-limits.ts";

const { max_side_px } = OCR_LIMITS;

const px = z.int().min(0).max(max_side_px);
const count = z.int().min(0).max(OCR_LIMITS.max_pixels);
const percent = z.number().min(0).max(100);
const address = z.string().max(MAX_ADDRESS_CHARS);

const word = z.strictObject({
  text: z.string().max(OCR_LIMITS.max_text_chars).describe("The word."),
  confidence: percent.describe("How sure the reading is, 0 to 100."),
  box: z
    .strictObject({
      left: px.describe("Pixels from the left of the image."),
      top: px.describe("Pixels from the top of the image."),
      width: px.describe("In pixels."),
      height: px.describe("In pixels."),
    })
    .describe("Where the word is, in the image as its viewer sees it."),
  line: count.describe("Counts the lines that were found, from 0."),
});

/** The `data` of a reading. */
export const ocrData = z.strictObject({
  image_url: address.optional().describe("As in the inputs, of an image that was fetched."),
  final_url: address.optional().describe("Where the image was in the end, after redirects."),
  redirects: z.array(address).max(MAX_REDIRECTS).optional().describe("Every address that was redirected to, in order."),
  format: z.enum(["png", "jpeg", "webp"]).describe("The format of the image."),
  bytes: z.int().min(1).max(OCR_LIMITS.max_fetched_bytes).describe("Size of the image, in bytes."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the image's bytes, in hex."),
  width: px.describe("Of the image as its viewer sees it, in pixels."),
  height: px.describe("Of the image as its viewer sees it, in pixels."),
  language: z.enum(OCR_LANGUAGES).describe("ISO 639-2 code of the text's main language, as in the inputs."),
  languages: z
    .array(z.enum(OCR_LANGUAGES))
    .min(1)
    .max(OCR_LIMITS.max_languages)
    .optional()
    .describe("The languages that the text was read in."),
  rotation: z
    .strictObject({
      exif_orientation: z.int().min(1).max(8).describe("EXIF's number; 1 where the image says none."),
      half_turn: z.boolean().describe("Whether the page was upside down."),
      skew_degrees: z.number().describe("The skew of the lines, clockwise, that was undone."),
    })
    .describe("How the page was turned for reading."),
  text: z.string().max(OCR_LIMITS.max_text_chars).describe("The text that was read, line by line."),
  confidence: percent.describe("Mean of the words', 0 to 100, times the share of letters read; 0 without text."),
  unread: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("The share of what looks like letters that is in no word, 0 to 1: a part of the page may be missing."),
  words: z.array(word).max(OCR_LIMITS.max_words).describe("The words, in the order of reading."),
  words_total: count.describe("How many words were found."),
  truncated: z.boolean().describe("Whether more words were found than are listed."),
});
