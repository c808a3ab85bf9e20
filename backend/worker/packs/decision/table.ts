import type { DecisionInputs } from "#core/domain/packs/decision.ts";

type Criterion = NonNullable<DecisionInputs["criteria"]>[number] & { readonly weight: number };

/** A complete decision: raw scores by option, then by criterion, in the order in which they were listed. */
export interface Table {
  readonly options: readonly string[];
  readonly criteria: readonly Criterion[];
  readonly rows: readonly (readonly number[])[];
}

/** Totals closer than this count as equal; it is also the last decimal place that is reported. */
export const TOLERANCE = 1e-9;
const SCALE = 1e9;

/** Rounds to nine decimals, so that the same inputs print the same bytes; never gives -0. */
export function fixed(value: number): number {
  return Math.round(value * SCALE) / SCALE + 0;
}

/** The element at an index that is known to exist. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`nothing at ${index}`);
  return value;
}

/** The scores of one criterion, by option. */
export function column(table: Table, criterion: number): number[] {
  return table.rows.map((row) => at(row, criterion));
}

/** The sum of a list. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Divides by the largest magnitude, so that squares and ranges of any finite numbers stay finite. */
export function scaled(values: readonly number[]): number[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? values.map(() => 0) : values.map((value) => value / largest);
}

/** Turns columns (by criterion, then option) into rows (by option, then criterion). */
export function transpose(columns: readonly (readonly number[])[], height: number): number[][] {
  return Array.from({ length: height }, (_, row) => columns.map((values) => at(values, row)));
}

/** Score of one cell; undefined when it was not given. Only own keys count, whatever an option is called. */
export function cellOf(inputs: DecisionInputs, option: string, criterion: string): number | undefined {
  const { scores } = inputs;
  if (scores === undefined || !Object.hasOwn(scores, option)) return undefined;
  const row = scores[option];
  return row !== undefined && Object.hasOwn(row, criterion) ? row[criterion] : undefined;
}
