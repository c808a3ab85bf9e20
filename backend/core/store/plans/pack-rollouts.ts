import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import listSql from "./list-pack-rollouts.sql";
import setSql from "./set-pack-rollout.sql";

const rollout = z.object({ pack_type: z.string(), percent: z.number(), updated_at: timestamp });
/** The part of the tenants, of those whose plan has the pack, that may use it. */
export type PackRollout = z.infer<typeof rollout>;

export async function setPackRollout(db: Db, pack_type: string, percent: number): Promise<PackRollout> {
  return rollout.parse((await db.query({ name: "set-pack-rollout", text: setSql }, [pack_type, percent]))[0]);
}

/** Those that were ever set; any other is at 100. */
export async function listPackRollouts(db: Db): Promise<readonly PackRollout[]> {
  return (await db.query({ name: "list-pack-rollouts", text: listSql }, [])).map((row) => rollout.parse(row));
}
