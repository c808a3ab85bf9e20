import { parseNumber, referencesOf } from "#core/domain/packs/eval-checks.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { wouldRead } from "./extract.ts";
import { passOrFail, type Scorer } from "./scorer.ts";

/** What rounding may add to a difference of two numbers, as a share of the larger: 1.1 is within 0.1 of 1.0. */
const ROUNDING = 4 * Number.EPSILON;

function isClose(
  value: number,
  expected: number,
  { absolute, relative }: Pick<MetricOf<"numeric">, "absolute" | "relative">,
): boolean {
  if (value === expected) return true;
  const tolerance = Math.max(absolute, relative * Math.abs(expected));
  if (tolerance === 0) return false;
  return Math.abs(value - expected) <= tolerance + ROUNDING * Math.max(Math.abs(value), Math.abs(expected));
}

export function numeric(metric: MetricOf<"numeric">): Scorer {
  return (item) => {
    const value = parseNumber(item.output);
    if (value === undefined) return { score: 0, note: `not a number${wouldRead(item.output, "number")}` };
    const isAny = referencesOf(item).some((reference) => {
      const expected = typeof reference === "number" ? reference : parseNumber(reference);
      if (expected === undefined) throw new TypeError("expected is no number");
      return isClose(value, expected, metric);
    });
    return passOrFail(isAny);
  };
}
