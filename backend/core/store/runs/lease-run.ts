import { z } from "zod";
import { isTerminal, runStatus } from "../../domain/run.ts";
import type { Db, Row } from "../../ports/db.ts";
import type { Batch } from "../batch.ts";
import { amount, timestamp } from "../columns.ts";
import sql from "./lease-runs.sql";
import { createRunBatch } from "./run-batch.ts";

const leased = z.object({
  run_id: z.guid(),
  lease_token: z.guid(),
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
export type LeasedRun = z.infer<typeof leased>;

export type LeaseResult =
  | { readonly kind: "leased"; readonly run: LeasedRun }
  /** Terminal or absent: its signal has nothing left to say. */
  | { readonly kind: "over" }
  /** Another's lease holds, or its fate is being decided: its holder or a sweep goes on with it. */
  | { readonly kind: "busy" };

export interface LeaseRequest {
  readonly run_id: string;
  readonly lease_token: string;
  readonly lease_seconds: number;
  readonly max_attempts: number;
}

export type LeaseBatch = Batch<LeaseRequest, Row>;

export const createLeaseBatch = (db: Db): LeaseBatch =>
  createRunBatch("lease_token", (requests: readonly LeaseRequest[]) =>
    db.query({ name: "lease-runs", text: sql }, [
      requests.map(({ run_id }) => run_id),
      requests.map(({ lease_token }) => lease_token),
      requests.map(({ lease_seconds }) => String(lease_seconds)),
      requests.map(({ max_attempts }) => String(max_attempts)),
    ]),
  );

/** W1. The lease runs on the database's clock. Asked again under the same token it answers as it did before. */
export async function leaseRun(leases: LeaseBatch, request: LeaseRequest): Promise<LeaseResult> {
  const row = await leases.call(request);
  if (row === undefined) return { kind: "over" };
  if (row["leased"] !== true) return { kind: isTerminal(runStatus.parse(row["status"])) ? "over" : "busy" };
  return { kind: "leased", run: leased.parse(row) };
}
