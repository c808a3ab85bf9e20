import type { Db } from "../../ports/db.ts";
import { type OperatorSwitch, switchColumns } from "./read-switch.ts";
import sql from "./set-switch.sql";

export async function setSwitch(db: Db, mode: OperatorSwitch["mode"]): Promise<OperatorSwitch> {
  return switchColumns.parse((await db.query({ name: "set-switch", text: sql }, [mode]))[0]);
}
