import { z } from "zod";
import { isTerminal, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import sql from "./lease-run.sql";
import { amount, only, timestamp } from "../columns.ts";

const leased = z.object({
  tenant_id: z.guid(),
  pack_type: z.string(),
  pack_version: z.string(),
  inputs: z.string(),
  payload_sha256: z.string(),
  timebox_sec: z.number(),
  min_reliability: z.number().nullable(),
  reserved_micros: amount,
  minimum_fee_micros: amount,
  attempt: z.number(),
  uncounted_requeues: z.number(),
  trace_parent: z.string(),
  created_at: timestamp,
  /** From its acceptance to the start of this attempt. */
  waited_seconds: z.number(),
});

/** A run in our hands for one attempt, under our lease token. */
export type LeasedRun = z.infer<typeof leased> & { readonly run_id: string; readonly lease_token: string };

export type LeaseResult =
  | { readonly kind: "leased"; readonly run: LeasedRun }
  /** Terminal or absent: its signal has nothing left to say. */
  | { readonly kind: "over" }
  /** Another's lease holds, or its fate is being decided: its holder or a sweep goes on with it. */
  | { readonly kind: "busy" };

/** W1. The lease runs on the database's clock. Asked again under the same token it answers as it did before. */
export async function leaseRun(
  db: Db,
  request: {
    readonly run_id: string;
    readonly lease_token: string;
    readonly lease_seconds: number;
    readonly max_attempts: number;
  },
): Promise<LeaseResult> {
  const row = only(
    await db.query({ name: "lease-run", text: sql }, [
      request.run_id,
      request.lease_token,
      request.lease_seconds,
      request.max_attempts,
    ]),
  );
  if (row === undefined) return { kind: "over" };
  if (row["leased"] !== true) return { kind: isTerminal(runStatus.parse(row["status"])) ? "over" : "busy" };
  return { kind: "leased", run: { ...leased.parse(row), run_id: request.run_id, lease_token: request.lease_token } };
}
