/** Ceilings of the `extract` pack. */
export const EXTRACT_LIMITS = {
  /** Of the text that the model reads; what of a page is longer is cut. */
  max_text_chars: 200_000,
  max_instructions_chars: 2_000,
  /** Of the schema: as JSON, values in it, and the levels in which they are nested. */
  max_schema_chars: 20_000,
  max_schema_nodes: 2_000,
  max_schema_depth: 24,
  max_answer_tokens: 8_000,
  /** Of the answer: the levels in which its values are nested. */
  max_value_depth: 64,
  /** Values that are looked for in the text, and those that are listed because they are not in it. */
  max_sought: 1_000,
  max_missing: 50,
} as const;
