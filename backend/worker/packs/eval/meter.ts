import { Rejected } from "./rejected.ts";

/**
 * Ceilings of checking outputs against schemas; a step is about one keyword checked. A case is counted for each metric apart,
 * a run adds up all of its metrics.
 */
export const METER_LIMITS = { max_case_steps: 200_000, max_run_steps: 5_000_000 } as const;

/**
 * Counts what validation costs, so that a schema whose branches multiply is refused at the same step on every machine.
 * Nothing in a schema's text bounds that: a few references may unfold without end.
 */
export interface Meter {
  /** Begins the next case; `pointer` is the path of its schema. */
  begin(pointer: string): void;
  /** Throws `Rejected` when a ceiling is passed. */
  spend(steps: number): void;
  /** The refusal of a schema that costs too much. */
  tooCostly(): Rejected;
}

export function createMeter(limits: typeof METER_LIMITS | { max_case_steps: number; max_run_steps: number }): Meter {
  let pointer = "";
  let ofCase = 0;
  let ofRun = 0;
  const tooCostly = () =>
    new Rejected(
      "SCHEMA_TOO_COSTLY",
      `${pointer}: checking the output takes over ${limits.max_case_steps} steps, or the run over ${limits.max_run_steps}.`,
    );
  return {
    begin(where) {
      pointer = where;
      ofCase = 0;
    },
    spend(steps) {
      ofCase += steps;
      ofRun += steps;
      if (ofCase > limits.max_case_steps || ofRun > limits.max_run_steps) throw tooCostly();
    },
    tooCostly,
  };
}
