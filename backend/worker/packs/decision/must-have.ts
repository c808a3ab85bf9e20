import { at, type Table } from "./table.ts";

interface Unmet {
  readonly option: string;
  readonly criterion: string;
  readonly score: number;
  readonly at_least?: number;
  readonly at_most?: number;
}

/** Each must-have that an option does not meet, by option, then criterion. */
export function unmetMustHaves(table: Table): Unmet[] {
  return table.options.flatMap((option, row) =>
    table.criteria.flatMap(({ name, at_least, at_most }, index): Unmet[] => {
      const score = at(at(table.rows, row), index);
      if (at_least !== undefined && score < at_least) return [{ option, criterion: name, score, at_least }];
      return at_most !== undefined && score > at_most ? [{ option, criterion: name, score, at_most }] : [];
    }),
  );
}

/** The table without some options. */
export function without(table: Table, options: ReadonlySet<string>): Table {
  if (options.size === 0) return table;
  const kept = table.options.flatMap((option, row) => (options.has(option) ? [] : [row]));
  return { ...table, options: kept.map((row) => at(table.options, row)), rows: kept.map((row) => at(table.rows, row)) };
}
