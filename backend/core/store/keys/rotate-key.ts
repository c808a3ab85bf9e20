import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only, timestamp } from "../columns.ts";
import sql from "./rotate-key.sql";

const result = z.object({
  key_id: z.guid(),
  tenant_id: z.guid(),
  name: z.string(),
  expires_at: timestamp.nullable(),
  old_expires_at: timestamp,
});
export type RotatedKey = z.infer<typeof result>;

/** Undefined: no such key, or it is revoked, expired or rotated already; nothing was changed. */
export async function rotateKey(
  db: Db,
  key_id: string,
  successor: { readonly key_id: string; readonly key_sha256: string },
  grace_seconds: number,
): Promise<RotatedKey | undefined> {
  const rows = await db.query({ name: "rotate-key", text: sql }, [
    key_id,
    successor.key_id,
    successor.key_sha256,
    grace_seconds,
  ]);
  return only(rows.map((row) => result.parse(row)));
}
