import { at, type Table } from "./table.ts";

export interface Dominated {
  readonly option: string;
  readonly by: readonly string[];
}

function dominates(table: Table, a: number, b: number): boolean {
  let better = false;
  for (const [index, { direction }] of table.criteria.entries()) {
    const [one, other] = [at(at(table.rows, a), index), at(at(table.rows, b), index)];
    if (direction === "max" ? one < other : one > other) return false;
    if (one !== other) better = true;
  }
  return better;
}

/** Each option that another one beats or equals on every criterion and beats on at least one. Weights play no part. */
export function dominatedOptions(table: Table): Dominated[] {
  return table.options.flatMap((option, index) => {
    const by = table.options.filter((_, rival) => rival !== index && dominates(table, rival, index));
    return by.length > 0 ? [{ option, by }] : [];
  });
}
