import type { Micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { type ClosedRun, closed } from "../runs/close-run.ts";
import { only } from "../columns.ts";
import { fn } from "../fn.ts";

/** Undefined: the run is not frozen with its money held, or not as it was seen. */
export async function decideRun(
  db: Db,
  run: { readonly run_id: string; readonly version: number },
  decision: { readonly charge: Micros; readonly reason_detail: string; readonly note: string },
): Promise<ClosedRun | undefined> {
  const { charge, reason_detail, note } = decision;
  const rows = await fn(db, "decide_run", [run.run_id, String(run.version), String(charge), reason_detail, note]);
  return only(rows.map((row) => closed.parse(row)));
}
