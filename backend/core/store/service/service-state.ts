import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import { fn } from "../fn.ts";
import { switchMode } from "../switch/read-switch.ts";
import { ALIVE_SECONDS } from "./note-process.ts";

const columns = z.object({ mode: switchMode, workers: counter });
export type ServiceState = z.infer<typeof columns>;

/** The mode of the switch, and how many workers are alive. */
export async function serviceState(db: Db): Promise<ServiceState> {
  return columns.parse((await fn(db, "service_state", [ALIVE_SECONDS]))[0]);
}
