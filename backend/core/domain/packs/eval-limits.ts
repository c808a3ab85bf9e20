/** Ceilings of the `eval` pack. Those of a run add up over all its cases and metrics. */
export const EVAL_LIMITS = {
  max_cases: 1_000,
  max_metrics: 10,
  /** Expected texts of one case. */
  max_references: 20,
  max_id_chars: 120,
  max_text_chars: 200_000,
  /** Of what is said of a score. */
  max_note_chars: 200,
  max_pattern_chars: 1_000,
  max_rubric_chars: 4_000,
  /** Outputs and baselines that a model grades, under every metric. */
  max_run_graded: 100,
  max_grade_tokens: 300,
  /** Of one pattern, as RE2 expands it. */
  max_pattern_instructions: 2_500,
  /** Of one schema: values in it, and the levels in which they are nested. */
  max_schema_nodes: 2_000,
  max_schema_depth: 24,
  /** Of a run: nodes of all schemas, one for all cases counted once. */
  max_run_schema_nodes: 10_000,
  /** Of a run: instructions of the pattern x (characters of the output + COMPILING_CHARS). */
  max_run_regex_steps: 20_000_000,
  /** Of a run: characters of the output x characters of the expected text, as they are compared: folded. */
  max_run_levenshtein_cells: 200_000_000,
  /** Of a run: characters of outputs and expected texts x how often runs of tokens are counted over them. */
  max_run_counted: 5_000_000,
  /** Of a run: words of the output x words of the expected text. */
  max_run_rouge_cells: 200_000_000,
} as const;

/** Compiling a pattern takes about as long as matching it against so many characters. */
export const COMPILING_CHARS = 50;

/** chrF counts runs of up to so many characters, as sacreBLEU does (Popović 2015). */
export const CHRF_ORDERS = 6;
