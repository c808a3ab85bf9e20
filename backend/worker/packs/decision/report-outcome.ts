import type { PackOutcome, Units } from "#core/domain/pack.ts";
import { countCells, isComplete } from "#core/domain/packs/decision.ts";
import { missingOf } from "./missing.ts";
import { needsInputReport, rankedReport, type Ranking } from "./report.ts";

/** What is to be reported on, and what has been spent on it, beside the table. */
export interface ReportRequest extends Ranking {
  readonly spent: Units;
}

/** The report on a table, whole or not, with its units. A pure function of what it is given. */
export function reportOutcome({ inputs, sources, model, spent }: ReportRequest): PackOutcome {
  if (!isComplete(inputs)) {
    const data = needsInputReport(inputs, missingOf(inputs));
    return { kind: "done", data, artifacts: [], units: {}, reliability: 0 };
  }
  const units = { base: 1, cell: countCells(inputs).scored, ...spent };
  return { kind: "done", data: rankedReport(inputs, sources, model), artifacts: [], units, reliability: 1 };
}
