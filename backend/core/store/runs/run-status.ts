import { type RunStatus, runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import sql from "./run-status.sql";

/** Undefined: no such run. */
export async function statusOf(db: Db, run_id: string): Promise<RunStatus | undefined> {
  const row = only(await db.query({ name: "run-status", text: sql }, [run_id]));
  return row === undefined ? undefined : runStatus.parse(row["status"]);
}
