import type { Db } from "../../ports/db.ts";
import { fn } from "../fn.ts";

/** Takes a run that contradicts itself out of the protocol; nothing is guessed. */
export async function freezeRun(
  db: Db,
  run: { readonly run_id: string; readonly finalize_token: string },
  finding: { readonly kind: string; readonly detail: Readonly<Record<string, unknown>> },
): Promise<"frozen" | "lost"> {
  const rows = await fn(db, "freeze_run", [
    run.run_id,
    run.finalize_token,
    finding.kind,
    JSON.stringify(finding.detail),
  ]);
  return rows.length === 1 ? "frozen" : "lost";
}
