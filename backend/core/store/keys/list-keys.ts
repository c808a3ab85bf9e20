import type { Db } from "../../ports/db.ts";
import { type KnownKey, keyColumns } from "./find-key.ts";
import sql from "./list-keys.sql";

/** Undefined: no such tenant. */
export async function listKeys(db: Db, tenant_id: string): Promise<readonly KnownKey[] | undefined> {
  const rows = await db.query({ name: "list-keys", text: sql }, [tenant_id]);
  if (rows.length === 0) return undefined;
  return rows.filter((row) => row["key_id"] !== null).map((row) => keyColumns.parse(row));
}
