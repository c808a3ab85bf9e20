import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./commit-horizon.sql";

const id = z.string().regex(/^\d{1,20}$/);
const columns = z.object({ horizon: id, next: id });
export type CommitHorizon = z.infer<typeof columns>;

/** Up to where transactions have ended, so that readers in commit order see what they wrote. */
export async function commitHorizon(db: Db): Promise<CommitHorizon> {
  return columns.parse((await db.query({ name: "commit-horizon", text: sql }, []))[0]);
}
