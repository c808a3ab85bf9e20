import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./find-stranded-runs.sql";

const stranded = z.object({ run_id: z.guid() });

/** Those of these runs that are open and in nobody's hands. */
export async function findStrandedRuns(db: Db, run_ids: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(
    (await db.query({ name: "find-stranded-runs", text: sql }, [run_ids])).map((row) => stranded.parse(row).run_id),
  );
}
