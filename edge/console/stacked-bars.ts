/** Stacked bars by day, as SVG draws them: shapes and places alone, in the units of the drawing. */

/** A day, and what each series has of it, in the order of the series. */
interface Day {
  readonly day: string;
  readonly parts: readonly bigint[];
}

interface Part {
  /** Which of the series it is. */
  readonly series: number;
  readonly micros: bigint;
  readonly y: number;
  readonly height: number;
}

interface Bar {
  readonly day: string;
  readonly x: number;
  readonly width: number;
  /** From the ground up, without those that have nothing. */
  readonly parts: readonly Part[];
}

interface BarChart {
  readonly bars: readonly Bar[];
  /** Lines across, with the amounts that they stand for. */
  readonly ticks: readonly { readonly y: number; readonly micros: bigint }[];
  /** Days that are named below, few enough not to touch. */
  readonly days: readonly { readonly day: string; readonly x: number }[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const NICE = [1n, 2n, 5n, 10n];
const TICKS = 4n;
const MAX_LABELS = 7;
const MAX_BAR_WIDTH = 28;
const MIN_PART_HEIGHT = 1.5;

/** The step between lines: 1, 2 or 5 times a power of ten, so that four of them hold the most. */
function stepOf(most: bigint): bigint {
  let power = 1n;
  while (power * 10n * TICKS < most) power *= 10n;
  return power * (NICE.find((nice) => nice * power * TICKS >= most) ?? 10n);
}

const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);

export function barsOf(amounts: readonly Day[], { width, height }: Size): BarChart {
  const most = amounts.reduce((max, { parts }) => (sumOf(parts) > max ? sumOf(parts) : max), 0n);
  const step = stepOf(most === 0n ? 1n : most);
  const top = step * TICKS;
  const heightOf = (micros: bigint) => (Number((micros * 100_000n) / top) / 100_000) * height;
  const slot = width / Math.max(1, amounts.length);
  const barWidth = Math.min(slot * 0.7, MAX_BAR_WIDTH);
  const every = Math.ceil(amounts.length / MAX_LABELS);
  return {
    bars: amounts.map(({ day, parts }, index) => {
      let y = height;
      const stacked = parts.flatMap((micros, series) => {
        if (micros <= 0n) return [];
        // A little money is seen as something.
        const tall = Math.max(heightOf(micros), MIN_PART_HEIGHT);
        y -= tall;
        return [{ series, micros, y, height: tall }];
      });
      return { day, x: slot * index + (slot - barWidth) / 2, width: barWidth, parts: stacked };
    }),
    ticks: [0n, 1n, 2n, 3n, 4n].map((each) => ({ y: height - heightOf(step * each), micros: step * each })),
    days: amounts.flatMap(({ day }, index) =>
      (amounts.length - 1 - index) % every === 0 ? [{ day, x: slot * (index + 0.5) }] : [],
    ),
  };
}
