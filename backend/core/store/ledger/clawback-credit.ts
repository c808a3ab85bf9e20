import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import { fn } from "../fn.ts";

export interface Clawback {
  readonly tenant_id: string;
  readonly clawback_id: string;
  readonly amount: Micros;
}

const result = z.object({ tenant_id: z.guid(), asked_micros: amount, taken_micros: amount, already: z.boolean() });

/**
 * Takes credit back, once per clawback id, as far as it is available; what is missing is a finding. Returns what this id
 * took, now or before, and from which tenant. Undefined: no such tenant.
 */
export async function clawbackCredit(db: Db, clawback: Clawback): Promise<z.infer<typeof result> | undefined> {
  const rows = await fn(db, "clawback_credit", [clawback.tenant_id, clawback.clawback_id, String(clawback.amount)]);
  return only(rows.map((row) => result.parse(row)));
}
