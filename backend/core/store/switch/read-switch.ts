import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import sql from "./read-switch.sql";

export const switchMode = z.enum(["normal", "read-only", "halt"]);
export const switchColumns = z.object({ mode: switchMode, updated_at: timestamp });
export type OperatorSwitch = z.infer<typeof switchColumns>;

export async function readSwitch(db: Db): Promise<OperatorSwitch> {
  return switchColumns.parse((await db.query({ name: "read-switch", text: sql }, []))[0]);
}
