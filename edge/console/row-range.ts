export interface RowRange {
  readonly first: number;
  /** The row after the last. */
  readonly end: number;
}

interface Position {
  readonly count: number;
  readonly rowHeight: number;
  /** How far the first row is above the top of the screen; negative below it. */
  readonly above: number;
  readonly screenHeight: number;
}

/** So many rows are drawn, or none, at a time. */
const STEP = 25;
/** Drawn above and below the screen, so that turning a wheel, or the focus, finds rows there. */
const MARGIN = 25;

/** A table of so many rows is drawn whole. */
export const DRAWN_WHOLE = 200;

/** The rows to draw of a long table: those on the screen, and some around them. */
export function rangeOf({ count, rowHeight, above, screenHeight }: Position): RowRange {
  if (count <= DRAWN_WHOLE) return { first: 0, end: count };
  const row = (pixels: number) => Math.max(0, Math.min(count, pixels / rowHeight));
  const first = Math.max(0, row(above) - MARGIN);
  const end = row(above + screenHeight) + MARGIN;
  return { first: Math.floor(first / STEP) * STEP, end: Math.min(count, Math.ceil(end / STEP) * STEP) };
}
