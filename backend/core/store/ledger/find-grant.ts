import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount, only, timestamp } from "../columns.ts";
import sql from "./find-grant.sql";

const grant = z.object({ tenant_id: z.guid(), grant_id: z.string(), amount_micros: amount, created_at: timestamp });
export type FoundGrant = z.infer<typeof grant>;

export async function findGrant(db: Db, grant_id: string): Promise<FoundGrant | undefined> {
  return only((await db.query({ name: "find-grant", text: sql }, [grant_id])).map((row) => grant.parse(row)));
}
