import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import begin from "./begin-action.sql";
import end from "./end-action.sql";

export interface OperatorAction {
  readonly operator: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly reason: string | undefined;
}
export type ActionOutcome = "done" | "refused" | "failed";

const recorded = z.object({ action_id: z.string() });

/** The number of the record, which is committed when this returns. */
export async function beginAction(db: Db, action: OperatorAction): Promise<string> {
  const { operator, command, arguments: given, reason } = action;
  const values = [operator, command, JSON.stringify(given), reason ?? null];
  const [row] = await db.query({ name: "begin-action", text: begin }, values);
  return recorded.parse(row).action_id;
}

export async function endAction(db: Db, action_id: string, outcome: ActionOutcome, result: unknown): Promise<void> {
  await db.query({ name: "end-action", text: end }, [action_id, outcome, JSON.stringify(result)]);
}
