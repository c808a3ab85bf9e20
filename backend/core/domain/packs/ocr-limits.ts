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
  /** Of one text: each is a model that reads it. */
  max_languages: 2,
  /** As many as the largest result has bytes. */
  max_text_chars: 8_388_608,
} as const;

/** ISO 639-2 codes, with the script where a language has several. */
export const OCR_LANGUAGES = ["eng", "deu", "fra", "spa", "ita", "por", "nld", "pol", "rus", "chi_sim", "jpn"] as const;
export type OcrLanguage = (typeof OCR_LANGUAGES)[number];
