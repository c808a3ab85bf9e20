import type { Ref, VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { DRAWN_WHOLE, rangeOf, type RowRange } from "./row-range.ts";

/** Until a row has been measured. */
const ROW_HEIGHT = 45;

interface LongBodyProps<T> {
  readonly rows: readonly T[];
  readonly columns: number;
  /** The row with this `aria-rowindex`. */
  readonly draw: (row: T, index: number) => VNode;
}

/** The body of a table whose rows are equally high: of a long one only the rows near the screen are in the document. */
export function LongBody<T>({ rows, columns, draw }: LongBodyProps<T>) {
  const count = rows.length;
  const isLong = count > DRAWN_WHOLE;
  const start = useRef<HTMLTableSectionElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [rowHeight, setRowHeight] = useState(ROW_HEIGHT);
  const [range, setRange] = useState<RowRange>({ first: 0, end: DRAWN_WHOLE });
  const end = Math.min(count, isLong ? range.end : DRAWN_WHOLE);
  const first = isLong ? Math.min(range.first, end) : 0;

  useLayoutEffect(() => {
    if (!isLong) return;
    const drawn = body.current;
    if (drawn !== null && drawn.rows.length > 0) setRowHeight(drawn.offsetHeight / drawn.rows.length);
  }, [isLong]);

  useLayoutEffect(() => {
    if (!isLong) return;
    // Reads where the table stands and nothing else: as nothing was changed before it, the browser knows.
    const update = () => {
      const above = -(start.current?.getBoundingClientRect().top ?? 0);
      const next = rangeOf({ count, rowHeight, above, screenHeight: innerHeight });
      setRange((before) => (before.first === next.first && before.end === next.end ? before : next));
    };
    update();
    const watching = new AbortController();
    const options = { passive: true, signal: watching.signal };
    addEventListener("scroll", update, options);
    addEventListener("resize", update, options);
    return () => watching.abort();
  }, [isLong, count, rowHeight]);

  return (
    <>
      {isLong && <Gap of={start} height={first * rowHeight} columns={columns} />}
      <tbody ref={body}>{rows.slice(first, end).map((row, at) => draw(row, first + at + 2))}</tbody>
      {isLong && <Gap height={(count - end) * rowHeight} columns={columns} />}
    </>
  );
}

interface GapProps {
  readonly of?: Ref<HTMLTableSectionElement>;
  readonly height: number;
  readonly columns: number;
}

const Gap = ({ of, height, columns }: GapProps) => (
  <tbody class="gap" aria-hidden="true" ref={of}>
    <tr>
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  </tbody>
);
