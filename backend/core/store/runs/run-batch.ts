import type { Row } from "../../ports/db.ts";
import { Batch } from "../batch.ts";

/** How many runs share a statement at most: their locks are held together. */
const MOST_RUNS = 50;

/**
 * Calls of a statement that takes many runs, each under its token. A row is its caller's by both, since two signals of one
 * run may ask at once.
 */
export function createRunBatch<Token extends string, Item extends { readonly run_id: string } & Record<Token, string>>(
  token: Token,
  query: (items: readonly Item[]) => Promise<readonly Row[]>,
  ownerOf?: (item: Item) => string,
): Batch<Item, Row> {
  return new Batch({
    most: MOST_RUNS,
    ...(ownerOf === undefined ? {} : { ownerOf }),
    many: async (items) => {
      const rows = new Map((await query(items)).map((row) => [`${String(row["run_id"])} ${String(row[token])}`, row]));
      return items.map((item) => rows.get(`${item.run_id} ${item[token]}`));
    },
  });
}
