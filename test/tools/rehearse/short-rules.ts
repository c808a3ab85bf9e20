/** How much shorter the times of the alerts are in a rehearsal. */
const FACTOR = 40;
/** A range below it would hold too few samples. */
const SHORTEST_RANGE_SECONDS = 15;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const shortened = (seconds: number) => Math.max(1, Math.round(seconds / FACTOR));
const secondsOf = (count: string, unit: string) => Number(count) * (UNITS[unit] ?? 1);

/** The alerts with ranges, `for` and thresholds in seconds from a minute on made shorter; nothing else differs. */
export function shortRules(rules: string): string {
  return rules
    .replaceAll(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => {
      return `[${Math.max(SHORTEST_RANGE_SECONDS, shortened(secondsOf(count, unit)))}s]`;
    })
    .replaceAll(/^( +for: )(\d+)([smhd])$/gm, (_, name: string, count: string, unit: string) => {
      return `${name}${shortened(secondsOf(count, unit))}s`;
    })
    .replaceAll(/^(.*(?:_seconds|_time)\b.* > )(\d+)$/gm, (line: string, expr: string, seconds: string) =>
      Number(seconds) < 60 ? line : `${expr}${shortened(Number(seconds))}`,
    );
}
