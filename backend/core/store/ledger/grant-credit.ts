import { z } from "zod";
import { type Micros, micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import sql from "./grant-credit.sql";

export interface Grant {
  readonly tenant_id: string;
  readonly grant_id: string;
  readonly amount: Micros;
}

const result = z.object({ available: amount });

/** The sum of all grants of a tenant is at most this: an amount is a safe integer of micros. */
export const MAX_GRANTED = micros(Number.MAX_SAFE_INTEGER);

/** What is available after the grant. Undefined: no such tenant, this grant id was used already, or it would be too much. */
export async function grantCredit(db: Db, grant: Grant): Promise<Micros | undefined> {
  const rows = await db.query({ name: "grant-credit", text: sql }, [
    grant.tenant_id,
    grant.grant_id,
    String(grant.amount),
  ]);
  return only(rows.map((row) => result.parse(row).available));
}
