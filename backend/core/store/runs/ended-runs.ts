import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./ended-runs.sql";

const row = z.object({ run_id: z.guid() });

/** Of these runs of the tenant, those that are over: they never open again. */
export async function endedRuns(db: Db, tenant_id: string, run_ids: readonly string[]): Promise<readonly string[]> {
  if (run_ids.length === 0) return [];
  const found = await db.query({ name: "ended-runs", text: sql }, [tenant_id, run_ids]);
  return found.map((each) => row.parse(each).run_id);
}
