import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./find-stranded-runs.sql";

const stranded = z.object({ run_id: z.guid() });

/** Which of these runs are open and have no worker. */
export async function findStrandedRuns(db: Db, run_ids: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(
    (await db.query({ name: "find-stranded-runs", text: sql }, [run_ids])).map((row) => stranded.parse(row).run_id),
  );
}
