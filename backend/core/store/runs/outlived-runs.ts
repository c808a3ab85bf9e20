import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import { fn } from "../fn.ts";
import findSql from "./outlived-runs.sql";

const outlived = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  attempt: z.number(),
  version: z.string(),
  cursor: z.string(),
});
const begun = outlived.pick({ version: true });
export type OutlivedRun = z.infer<typeof outlived>;

/** Up to 50 runs past their retention, oldest first, after the one given. */
export async function findOutlivedRuns(db: Db, after?: OutlivedRun): Promise<readonly OutlivedRun[]> {
  const rows = await db.query({ name: "outlived-runs", text: findSql }, [
    after?.cursor ?? "-infinity",
    after?.run_id ?? "00000000-0000-0000-0000-000000000000",
  ]);
  return rows.map((row) => outlived.parse(row));
}

/**
 * To be called before its objects are deleted, which nothing takes back: a freeze that comes later finds them gone. The
 * run as it is now; undefined: it is not as it was found, and keeps everything.
 */
export async function beginPurge(db: Db, run: OutlivedRun): Promise<OutlivedRun | undefined> {
  const rows = await fn(db, "begin_purge", [run.run_id, run.version]);
  return only(rows.map((row) => ({ ...run, ...begun.parse(row) })));
}

/** To be called once its objects are gone. False: it is not as its purge was begun, and nothing was changed. */
export async function purgeRun(db: Db, run: OutlivedRun): Promise<boolean> {
  return (await fn(db, "purge_run", [run.run_id, run.version])).length === 1;
}
