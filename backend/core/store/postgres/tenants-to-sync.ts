import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./tenants-to-sync.sql";

const FIRST = "00000000-0000-0000-0000-000000000000";
const row = z.object({ tenant_id: z.guid(), in_turn: z.boolean() });

/** The tenants to sync now, each once, and where the turn through all of them stands (undefined: starts anew). */
export async function tenantsToSync(
  db: Db,
  options: {
    readonly moved_within_seconds: number;
    readonly turn_size: number;
    readonly turn_after?: string | undefined;
  },
): Promise<{ readonly tenant_ids: readonly string[]; readonly turn_after: string | undefined }> {
  const rows = await db.query(sql, [options.moved_within_seconds, options.turn_size, options.turn_after ?? FIRST]);
  const found = rows.map((each) => row.parse(each));
  return {
    tenant_ids: [...new Set(found.map((each) => each.tenant_id))],
    turn_after: found.findLast((each) => each.in_turn)?.tenant_id,
  };
}
