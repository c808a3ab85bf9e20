import { z } from "zod";

/** Every way in which money moves in the ledger. */
export const transferKind = z.enum(["GRANT", "CLAWBACK", "RESERVE", "CHARGE", "REFUND"]);
export type TransferKind = z.infer<typeof transferKind>;

/** The accounts that it moves between. */
export const transferAccount = z.enum(["funding", "available", "reserved", "revenue"]);
