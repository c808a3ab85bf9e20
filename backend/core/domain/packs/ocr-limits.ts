/** Ceilings of the `ocr` pack; sizes are decimal (1 KB = 1,000 bytes). */
export const OCR_LIMITS = {
  max_inline_bytes: 180_000,
  max_fetched_bytes: 10_000_000,
  max_pixels: 20_000_000,
  /** Of each side of an image, in pixels. */
  min_side_px: 10,
  max_side_px: 10_000,
  /** How many words are listed; the text has them all. */
  max_words: 20_000,
  /** As many as the largest result has bytes. */
  max_text_chars: 8_388_608,
} as const;

export const OCR_LANGUAGES = ["eng"] as const;
export type OcrLanguage = (typeof OCR_LANGUAGES)[number];
