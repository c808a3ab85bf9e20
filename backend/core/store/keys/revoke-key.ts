import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import sql from "./revoke-key.sql";

/** False: no such key, or it is revoked already. */
export async function revokeKey(db: Db, key_id: string): Promise<boolean> {
  return only(await db.query({ name: "revoke-key", text: sql }, [key_id])) !== undefined;
}
