import type { Db } from "../../ports/db.ts";
import { fn } from "../fn.ts";

export interface ServiceProcess {
  readonly process_id: string;
  readonly kind: "worker" | "reaper";
}

/** A process that said nothing for so long counts as lost. */
export const ALIVE_SECONDS = 60;

/** Says that a process is alive, or that it takes no more work. */
export async function noteProcess(db: Db, { process_id, kind }: ServiceProcess, ended = false): Promise<void> {
  await fn(db, "note_process", [process_id, kind, ended]);
}
