/** Ceilings of the `decision` pack's inputs. */
export const DECISION_LIMITS = {
  max_question_chars: 2_000,
  max_options: 50,
  max_criteria: 50,
  max_name_chars: 120,
  /** Criteria whose weights come of pairs. */
  max_compared: 15,
  max_samples: 10_000,
  /** Samples x cells, and with PROMETHEE x options. */
  max_sample_steps: 10_000_000,
} as const;

/** Ceilings of a table that a model fills in. */
export const DECISION_MODEL_LIMITS = {
  /** Of a table that a model fills in; a larger one it never gets. */
  max_cells: 200,
  max_answer_tokens: 4_000,
} as const;
