import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { fn } from "../fn.ts";
import findSql from "./runs-past-retention.sql";

const pastRetention = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  attempt: z.number(),
  version: z.string(),
  cursor: z.string(),
});
const begun = pastRetention.pick({ version: true });
export type RunPastRetention = z.infer<typeof pastRetention>;

/** Up to 50 runs past their retention, oldest first, after the one given. */
export async function findRunsPastRetention(db: Db, after?: RunPastRetention): Promise<readonly RunPastRetention[]> {
  const rows = await db.query({ name: "runs-past-retention", text: findSql }, [
    after?.cursor ?? "-infinity",
    after?.run_id ?? "00000000-0000-0000-0000-000000000000",
  ]);
  return rows.map((row) => pastRetention.parse(row));
}

/**
 * To be called before its objects are deleted, which nothing takes back: a freeze that comes later finds them gone. The
 * run as it is now; undefined: it is not as it was found, and keeps everything.
 */
export async function beginPurge(db: Db, run: RunPastRetention): Promise<RunPastRetention | undefined> {
  const rows = await fn(db, "begin_purge", [run.run_id, run.version]);
  return only(rows.map((row) => ({ ...run, ...begun.parse(row) })));
}

/** To be called once its objects are gone. False: it is not as its purge was begun, and nothing was changed. */
export async function purgeRun(db: Db, run: RunPastRetention): Promise<boolean> {
  return (await fn(db, "purge_run", [run.run_id, run.version])).length === 1;
}
