import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only, timestamp } from "../columns.ts";
import sql from "./find-key.sql";

export const keyColumns = z.object({
  key_id: z.guid(),
  tenant_id: z.guid(),
  name: z.string(),
  mode: z.enum(["live", "test"]),
  scopes: z.array(scope),
  status: z.enum(["active", "revoked"]),
  expires_at: timestamp.nullable(),
  submit_per_minute: z.number().nullable(),
  read_per_minute: z.number().nullable(),
  spending_cap_micros: amount.nullable(),
  committed_micros: amount.nullable(),
  rotated_from: z.guid().nullable(),
  rotated_to: z.guid().nullable(),
  created_at: timestamp,
  revoked_at: timestamp.nullable(),
});
export type KnownKey = z.infer<typeof keyColumns>;

export async function findKey(db: Db, key_id: string): Promise<KnownKey | undefined> {
  return only((await db.query({ name: "find-key", text: sql }, [key_id])).map((row) => keyColumns.parse(row)));
}
