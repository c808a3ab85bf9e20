import { z } from "zod";
import { Outage } from "../domain/outage.ts";
import type { Row } from "../ports/db.ts";
import { type Refused, refusalOf } from "./keys/key-refusal.ts";

/** A transfer in the order of commits, up to which a reader has read. Nothing can still be committed before it. */
export interface Position {
  /** In which it was given out; invalid in another. */
  readonly epoch: number;
  readonly order: string;
  readonly id: string;
}

/** How many transfers one page reads, whatever its filters, unless it may have more entries. */
export const MAX_SCANNED = 5_000;

const columns = z.object({
  outcome: z.enum(["found", "no-position", "not-adopted"]),
  matched: z.boolean(),
  goes_on: z.boolean(),
});
const positionColumns = z.object({ epoch: z.int(), commit_order: z.string(), transfer_id: z.string() });

export interface CommittedPage<T> {
  readonly kind: "found";
  readonly entries: readonly T[];
  /** Where to go on, now or later; undefined: there was nothing yet, and nothing was asked to go on from. */
  readonly position: Position | undefined;
  /** Whether there may be more right now. */
  readonly more: boolean;
}

/** The page was asked for from a position that is not in this account's history. */
export interface NoPosition {
  readonly kind: "no-position";
}

/** The page that one of the two list_committed_ functions gave; each of its rows but the last is an entry. */
export function committedPage<T>(
  rows: readonly Row[],
  request: { readonly after: Position | undefined; readonly limit: number },
  parse: (row: Row) => T,
): CommittedPage<T> | NoPosition | Refused {
  const refusal = refusalOf(rows[0]);
  if (refusal !== undefined) return refusal;
  const found = rows.map((row) => ({ row, ...columns.parse(row) }));
  const outcome = found[0]?.outcome;
  if (outcome === "no-position") return { kind: "no-position" };
  if (outcome !== "found")
    throw new Outage("database", new Error("the database was moved to another cluster: run `npm run migrate`"));
  const matched = found.filter((each) => each.matched);
  const isCut = matched.length > request.limit;
  const page = matched.slice(0, request.limit);
  const last = isCut ? page.at(-1) : found.at(-1);
  return {
    kind: "found",
    entries: page.map(({ row }) => parse(row)),
    position: positionOf(last?.row) ?? request.after,
    more: isCut || last?.goes_on === true,
  };
}

function positionOf(row: Row | undefined): Position | undefined {
  if (row === undefined || row["transfer_id"] === null) return undefined;
  const { epoch, commit_order, transfer_id } = positionColumns.parse(row);
  return { epoch, order: commit_order, id: transfer_id };
}
