import { useEffect, useState } from "preact/hooks";
import { dayLabel, usd } from "./formats.ts";
import { TableRegion } from "./parts.tsx";
import type { DaySpending } from "./spending.ts";
import { barsOf } from "./stacked-bars.ts";
import { Head, right } from "./table-head.tsx";

/** On a screen as wide as a phone's the drawing has fewer units, so that its words stay as large as others. */
const NARROW = "(max-width: 48rem)";
const [WIDE_UNITS, NARROW_UNITS] = [1_000, 400];
const HEIGHT = 180;
const LEFT = 64;
const BOTTOM = 24;

interface DayBarsProps {
  readonly amounts: readonly DaySpending[];
  /** Names of the parts of each day. */
  readonly series: readonly string[];
  readonly what: string;
  readonly total: string;
}

/** Amounts by day and pack as stacked bars, with their table below. */
export function DayBars({ amounts, series, what, total }: DayBarsProps) {
  const width = useMedia(NARROW) ? NARROW_UNITS : WIDE_UNITS;
  const { bars, ticks, days } = barsOf(amounts, { width: width - LEFT, height: HEIGHT });
  return (
    <figure>
      <figcaption class="muted small-text between">
        <span>{total}, by day in UTC</span>
        <ul class="legend">
          {series.map((pack, index) => (
            <li key={pack}>
              <svg viewBox="0 0 10 10" aria-hidden="true" class={seriesClass(index)}>
                <rect width="10" height="10" rx="2" />
              </svg>
              {pack}
            </li>
          ))}
        </ul>
      </figcaption>
      <svg
        class="chart"
        viewBox={`0 -8 ${width} ${HEIGHT + BOTTOM + 8}`}
        role="img"
        aria-label={`${what} by day and pack: ${total}. The table below has each day.`}
      >
        {ticks.map(({ y, micros }) => (
          <g key={y}>
            <line x1={LEFT} x2={width} y1={y} y2={y} />
            <text x={LEFT - 8} y={y + 4} text-anchor="end">
              {usd(micros, 2)}
            </text>
          </g>
        ))}
        {bars.map(({ day, x, width: wide, parts }) => (
          <g key={day}>
            {parts.map(({ series: of, micros, y, height }) => (
              <rect key={of} class={seriesClass(of)} x={x + LEFT} y={y} width={wide} height={height}>
                <title>{`${dayLabel(day)}, ${series[of] ?? ""}: ${usd(micros)}`}</title>
              </rect>
            ))}
          </g>
        ))}
        {days.map(({ day, x }) => (
          <text key={day} x={x + LEFT} y={HEIGHT + 18} text-anchor="middle">
            {dayLabel(day)}
          </text>
        ))}
      </svg>
      <details>
        <summary class="small-text">Each day as a table</summary>
        <DayTable amounts={amounts} series={series} what={what} />
      </details>
    </figure>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setMatches(media.matches);
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, [query]);
  return matches;
}

/** The stylesheet has so many; a pack beyond shares the last. */
const MAX_SERIES = 8;
const seriesClass = (index: number): string => `series-${Math.min(index, MAX_SERIES - 1)}`;

const DayTable = ({ amounts, series, what }: Omit<DayBarsProps, "total">) => (
  <TableRegion label={`${what} by day and pack`}>
    <table class="rows">
      <Head of={["Day", ...[...series, "All"].map(right)]} />
      <tbody>
        {amounts
          .filter(({ parts }) => parts.some((part) => part > 0n))
          .toReversed()
          .map(({ day, parts }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {[...parts, parts.reduce((sum, part) => sum + part, 0n)].map((micros, index) => (
                <td key={index} class="right num">
                  {micros === 0n ? "–" : usd(micros)}
                </td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  </TableRegion>
);
