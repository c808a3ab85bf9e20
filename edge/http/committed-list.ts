import type { CommittedPage, NoPosition } from "#core/store/commit-position.ts";
import type { EdgeRequest } from "./context.ts";
import { linkToNext, NO_POSITION, type Pages } from "./cursor.ts";
import { invalidQuery } from "./field-errors.ts";

/** The order that the query asks for, the first one if none. An invalid one is for the query's schema to report. */
export function orderOf<O extends string>(c: EdgeRequest, orders: readonly [O, ...O[]]): O {
  const [asked] = new URL(c.req.url).searchParams.getAll("order");
  return orders.find((order) => order === asked) ?? orders[0];
}

/** A page of a list in commit order, and where it continues. Throws the problem if it has none. */
export function committedList<T>(
  c: EdgeRequest,
  pages: Pages,
  found: CommittedPage<T> | NoPosition | { readonly kind: "unauthorized" | "scope-missing" },
) {
  if (found.kind === "no-position") throw invalidQuery([{ parameter: "cursor", detail: NO_POSITION }]);
  if (found.kind !== "found") throw new Error("nothing was listed");
  const next_position = found.position === undefined ? null : pages.cursor(found.position);
  const next_cursor = found.more ? next_position : null;
  const position = next_position === null ? {} : { "X-DPP-Next-Position": next_position };
  return {
    entries: found.entries,
    next_cursor,
    next_position,
    headers: { ...linkToNext(c, next_cursor), ...position },
  };
}
