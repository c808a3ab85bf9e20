import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { fn } from "../fn.ts";

const result = z.object({
  outcome: z.enum([
    "canceled",
    "requested",
    "claimed",
    "already-canceled",
    "already-terminal",
    "frozen",
    "lost",
    "absent",
  ]),
});
export type OperatorCancel = z.infer<typeof result>["outcome"];

/** C1 by an operator, without a minimum fee. After an Outage the call may be repeated. */
export async function cancelAnyRun(
  db: Db,
  run: { readonly tenant_id: string; readonly run_id: string },
  reason_detail: string,
): Promise<OperatorCancel> {
  const [row] = await fn(db, "cancel_any_run", [run.tenant_id, run.run_id, reason_detail]);
  return result.parse(row).outcome;
}
