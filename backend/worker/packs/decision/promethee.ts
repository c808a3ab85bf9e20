import type { Method } from "./method.ts";
import { column, type Table, transpose } from "./table.ts";
import { linear } from "./weighted-sum.ts";

/** How far one score is preferred to another, 0 to 1: the usual criterion, or linear between two thresholds. */
function preference(difference: number, indifference: number, full: number | undefined): number {
  if (difference <= indifference) return 0;
  if (full === undefined || full <= indifference || difference >= full) return 1;
  return (difference - indifference) / (full - indifference);
}

/**
 * PROMETHEE II (Brans and Vincke 1985). The net flow of an option is the mean of its flows under each criterion by weight,
 * so it is linear in the weights; a flow of -1 to 1 is a score of 0 to 1.
 */
export function promethee(table: Table): Method {
  const columns = table.criteria.map(({ direction, indifference = 0, preference: full }, index) => {
    const values = column(table, index).map((value) => (direction === "max" ? value : -value));
    return values.map((value, own) => {
      let flow = 0;
      for (const [rival, other] of values.entries()) {
        if (rival === own) continue;
        flow += preference(value - other, indifference, full) - preference(other - value, indifference, full);
      }
      return values.length < 2 ? 1 : (flow / (values.length - 1) + 1) / 2;
    });
  });
  return linear(transpose(columns, table.options.length));
}
