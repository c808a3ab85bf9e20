import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import atWorkSql from "./tenants-at-work.sql";
import movedSql from "./tenants-moved.sql";

const FIRST = "00000000-0000-0000-0000-000000000000";
const atWork = z.object({ tenant_id: z.guid() });
const moved = atWork.extend({ cursor: z.string() });
export type MovedTenant = z.infer<typeof moved>;

/** Up to 100 tenants that have open runs, in the order of their ids, after the one given. */
export async function tenantsAtWork(db: Db, after?: string): Promise<readonly string[]> {
  return (await db.query({ name: "tenants-at-work", text: atWorkSql }, [after ?? FIRST])).map(
    (row) => atWork.parse(row).tenant_id,
  );
}

/** Up to 100 tenants whose money moved lately, the one that rests longest first, after the one given. */
export async function tenantsMoved(
  db: Db,
  within_seconds: number,
  after?: MovedTenant,
): Promise<readonly MovedTenant[]> {
  const rows = await db.query({ name: "tenants-moved", text: movedSql }, [
    within_seconds,
    after?.cursor ?? "-infinity",
    after?.tenant_id ?? FIRST,
  ]);
  return rows.map((row) => moved.parse(row));
}
