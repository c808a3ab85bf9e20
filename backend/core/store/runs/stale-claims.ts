import { z } from "zod";
import { REASONS } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import closeSql from "./close-after-tombstone.sql";
import { type ClosedRun, closed } from "./close-run.ts";
import { amount, only } from "../columns.ts";
import rollBackSql from "./roll-back.sql";
import findSql from "./stale-claims.sql";

const stale = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  pack_type: z.string(),
  attempt: z.number(),
  attempts_used: z.number(),
  finalize_token: z.guid(),
  reserved_micros: amount,
  minimum_fee_micros: amount,
  cancel_requested: z.boolean(),
  trace_parent: z.string(),
  cursor: z.string(),
});
export type StaleClaim = z.infer<typeof stale>;

/** Up to 20 runs CLAIMED for too long, oldest first, after the one given. */
export async function findStaleClaims(db: Db, seconds: number, after?: StaleClaim): Promise<readonly StaleClaim[]> {
  const rows = await db.query({ name: "stale-claims", text: findSql }, [
    seconds,
    after?.cursor ?? "-infinity",
    after?.run_id ?? "00000000-0000-0000-0000-000000000000",
  ]);
  return rows.map((row) => stale.parse(row));
}

const closedRun = closed.extend({ cancel_requested: z.boolean() });

/**
 * After the tombstone: CLAIMED -> CANCELED where that was asked for by now, else FAILED, which costs the minimum fee or
 * nothing. Undefined: another came first.
 */
export async function closeAfterTombstone(
  db: Db,
  run: StaleClaim,
  costs_fee: boolean,
): Promise<(ClosedRun & { readonly status: "CANCELED" | "FAILED" }) | undefined> {
  const { CANCELED, LEASE_EXPIRED } = REASONS;
  const rows = await db.query({ name: "close-after-tombstone", text: closeSql }, [
    run.run_id,
    run.finalize_token,
    CANCELED,
    LEASE_EXPIRED,
    costs_fee,
  ]);
  const row = only(rows.map((each) => closedRun.parse(each)));
  if (row === undefined) return undefined;
  const { cancel_requested, ...rest } = row;
  return { ...rest, status: cancel_requested ? "CANCELED" : "FAILED" };
}

/** CLAIMED -> QUEUED, after the tombstone. False: another came first. */
export async function rollBack(db: Db, run: StaleClaim): Promise<boolean> {
  return (await db.query({ name: "roll-back", text: rollBackSql }, [run.run_id, run.finalize_token])).length === 1;
}
