import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { fn } from "../fn.ts";

/** False: no such key, or it is revoked already. */
export async function revokeKey(db: Db, key_id: string): Promise<boolean> {
  return only(await fn(db, "revoke_key", [key_id])) !== undefined;
}
