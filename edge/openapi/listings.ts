import { z } from "zod";

/** How many entries a page has at most, and if the caller does not say. */
export const RUNS_PER_PAGE = { most: 100, usual: 20 } as const;
export const TRANSFERS_PER_PAGE = { most: 200, usual: 50 } as const;
export const TRANSFERS_PER_CSV = { most: 10_000, usual: 10_000 } as const;
export const KEYS_PER_PAGE = { most: 100, usual: 50 } as const;
export const DELIVERIES_PER_PAGE = { most: 100, usual: 50 } as const;
export const PACK_TYPE = /^[a-z][a-z0-9-]{0,62}$/;

export const next_cursor = z
  .string()
  .nullable()
  .meta({
    description:
      "The `cursor` of the next page; null on the last one. A page may be short, or empty, and not be the last.",
    examples: [null],
  });

export const next_position = z
  .string()
  .nullable()
  .optional()
  .meta({
    description:
      "Only where the order is that of commits: pass it as `cursor` to go on from here, now or at any later time, and nothing is missed and nothing comes twice. Null while there is nothing yet.",
    examples: ["eyJsaXN0IjoibGVkZ2VyIiwiZXBvY2giOjEsIm9yZGVyIjoiMjgxNDc0OTc2NzExNDAwIiwiaWQiOiIxMDQyIn0"],
  });

/** In which orders a list of what is still being added to can be had; the first is the usual one. */
export const LEDGER_ORDERS = ["newest", "committed"] as const;
export const RUN_ORDERS = ["newest", "accepted", "ended"] as const;
