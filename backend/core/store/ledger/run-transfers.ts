import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { amount, timestamp } from "../columns.ts";
import sql from "./run-transfers.sql";

const transfer = z.object({
  transfer_id: z.string(),
  kind: z.enum(["RESERVE", "CHARGE", "REFUND"]),
  debit: z.string(),
  credit: z.string(),
  amount_micros: amount,
  created_at: timestamp,
});
export type Transfer = z.infer<typeof transfer>;

export async function runTransfers(db: Db, run_id: string): Promise<readonly Transfer[]> {
  return (await db.query({ name: "run-transfers", text: sql }, [run_id])).map((row) => transfer.parse(row));
}
