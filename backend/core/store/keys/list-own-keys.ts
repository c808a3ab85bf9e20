import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import { type OwnKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

const row = z.union([
  ownKeyColumns.extend({ outcome: z.literal("found") }),
  unauthorizedOutcome,
  z.object({ outcome: z.literal("no-cursor") }),
]);

export type ListOwnKeys =
  | { readonly kind: "unauthorized" | "scope-missing" | "no-cursor" }
  | { readonly kind: "found"; readonly keys: readonly OwnKey[] };

/** The keys of the caller's tenant, newest first, at most `limit`, after the key `after`. */
export async function listOwnKeys(
  db: Db,
  key_sha256: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<ListOwnKeys> {
  const keys: OwnKey[] = [];
  const values = [bytea(key_sha256), after ?? null, limit];
  const rows = await fn(db, "list_own_keys", values, "outcome, current_key_id, (key).*");
  for (const each of rows.map((value) => row.parse(value))) {
    if (each.outcome !== "found") return { kind: each.outcome };
    keys.push(each);
  }
  return { kind: "found", keys };
}
