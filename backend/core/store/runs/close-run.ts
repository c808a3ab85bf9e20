import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Receipt } from "../../domain/receipt.ts";
import type { Db } from "../../ports/db.ts";
import sql from "./close-run.sql";
import { amount, only } from "../columns.ts";

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
  const rows = await db.query({ name: "close-run", text: sql }, [
    run_id,
    "PROCESSING",
    guard.stage === "claimed" ? "CLAIMED" : null,
    guard.stage === "claimed" ? guard.finalize_token : guard.lease_token,
    null,
    closing.status,
    String(closing.status === "COMPLETED" ? closing.receipt.cost : closing.charge),
    failure?.reason_code ?? null,
    failure?.reason_detail ?? null,
    closing.status === "COMPLETED" ? closing.attempt : null,
    receipt?.sha256 ?? null,
    receipt === undefined ? null : String(receipt.bytes),
    receipt?.reliability ?? null,
  ]);
  return only(rows.map((row) => closed.parse(row)));
}
