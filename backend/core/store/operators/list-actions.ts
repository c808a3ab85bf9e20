import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import sql from "./list-actions.sql";

const action = z.object({
  action_id: z.string(),
  at: timestamp,
  operator: z.string(),
  login: z.string(),
  command: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  reason: z.string().nullable(),
  /** Null: it goes on, or its process ended in the middle. */
  outcome: z.enum(["done", "refused", "failed"]).nullable(),
  ended_at: timestamp.nullable(),
  answer: z.unknown(),
});
export type RecordedAction = z.infer<typeof action>;

/** Up to `limit`, newest first, those before `before`. */
export async function listActions(
  db: Db,
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<readonly RecordedAction[]> {
  const rows = await db.query({ name: "list-actions", text: sql }, [page.before ?? null, page.limit]);
  return rows.map((row) => action.parse(row));
}
