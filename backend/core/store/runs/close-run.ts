import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Receipt } from "../../domain/receipt.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

/** What the caller knows of the run that it closes; the statement names all of it. */
export type CloseGuard =
  | { readonly stage: "leased"; readonly lease_token: string }
  | { readonly stage: "claimed"; readonly finalize_token: string };

export type Closing =
  | { readonly status: "COMPLETED"; readonly receipt: Receipt; readonly attempt: number }
  | {
      readonly status: "FAILED" | "CANCELED";
      readonly charge: Micros;
      readonly reason_code: string;
      readonly reason_detail: string;
    };

export const closed = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  reserved_micros: amount,
  charged_micros: amount,
});
export type ClosedRun = z.infer<typeof closed>;

/** Linearization point 3. Undefined: another closed, requeued or froze the run first; stop and undo nothing. */
export async function closeRun(
  db: Db,
  run_id: string,
  guard: CloseGuard,
  closing: Closing,
): Promise<ClosedRun | undefined> {
  const receipt = closing.status === "COMPLETED" ? closing.receipt : undefined;
  const failure = closing.status === "COMPLETED" ? undefined : closing;
  const rows = await fn(db, "close_run", {
    run_id,
    from_status: "PROCESSING",
    from_stage: guard.stage === "claimed" ? "CLAIMED" : null,
    token: guard.stage === "claimed" ? guard.finalize_token : guard.lease_token,
    version: null,
    to_status: closing.status,
    charge_micros: String(closing.status === "COMPLETED" ? closing.receipt.cost : closing.charge),
    reason_code: failure?.reason_code ?? null,
    reason_detail: failure?.reason_detail ?? null,
    result_attempt: closing.status === "COMPLETED" ? closing.attempt : null,
    result_sha256: receipt === undefined ? null : bytea(receipt.sha256),
    result_bytes: receipt === undefined ? null : String(receipt.bytes),
    reliability: receipt?.reliability ?? null,
  });
  return only(rows.map((row) => closed.parse(row)));
}
