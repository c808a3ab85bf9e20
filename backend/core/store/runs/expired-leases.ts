import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { type ClosedRun, closed } from "./close-run.ts";
import failSql from "./fail-expired.sql";
import findSql from "./expired-leases.sql";
import requeueSql from "./requeue-expired.sql";

const expired = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  pack_type: z.string(),
  lease_token: z.guid(),
  attempts_used: z.number(),
  trace_parent: z.string(),
  cursor: z.string(),
});
export type ExpiredLease = z.infer<typeof expired>;

/** Up to 50 runs whose lease passed, oldest first, after the one given. */
export async function findExpiredLeases(db: Db, after?: ExpiredLease): Promise<readonly ExpiredLease[]> {
  const rows = await db.query({ name: "expired-leases", text: findSql }, [
    after?.cursor ?? "-infinity",
    after?.run_id ?? FIRST,
  ]);
  return rows.map((row) => expired.parse(row));
}

/** False: another came first. */
export async function requeueExpired(db: Db, run: ExpiredLease, max_attempts: number): Promise<boolean> {
  return (
    (await db.query({ name: "requeue-expired", text: requeueSql }, [run.run_id, run.lease_token, max_attempts]))
      .length === 1
  );
}

/** Undefined: another came first. */
export async function failExpired(
  db: Db,
  run: ExpiredLease,
  max_attempts: number,
  failure: { readonly detail: string; readonly costs_fee: boolean },
): Promise<ClosedRun | undefined> {
  const { detail, costs_fee } = failure;
  const rows = await db.query({ name: "fail-expired", text: failSql }, [
    run.run_id,
    run.lease_token,
    max_attempts,
    detail,
    costs_fee,
  ]);
  return only(rows.map((row) => closed.parse(row)));
}

/** Below every UUID. */
const FIRST = "00000000-0000-0000-0000-000000000000";
