import { z } from "zod";

/** Where a list that is ordered by time and id goes on: after this entry. `at` is RFC 3339 in UTC, to the microsecond. */
export interface KeysetPosition {
  readonly at: string;
  readonly id: string;
}

/** The time of a row, to the microsecond, which a Date would lose. */
export const positionAt = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

/** One page of what a statement gave, which was asked for one row more, and the place after it if there was one. */
export function pageOf<R>(rows: readonly R[], limit: number, placeOf: (row: R) => KeysetPosition) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, next: rows.length > limit && last !== undefined ? placeOf(last) : undefined };
}
