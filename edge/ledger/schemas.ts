import { z } from "zod";
import { transferAccount, transferKind } from "#core/domain/transfer.ts";
import { amount, runId, when } from "../openapi/values.ts";
import { next_cursor, next_position } from "../openapi/listings.ts";

export const transferView = z.strictObject({
  transfer_id: z.string().meta({ description: "The transfer's id: digits.", examples: ["1042"] }),
  kind: transferKind.meta({
    description:
      "GRANT: credit given. CLAWBACK: credit taken back. RESERVE: held for a run. CHARGE and REFUND: what its end made of that.",
    examples: ["RESERVE"],
  }),
  debit: transferAccount.meta({ description: "Where the amount was taken from.", examples: ["available"] }),
  credit: transferAccount.meta({ description: "Where it went.", examples: ["reserved"] }),
  amount_usd: amount("How much was moved, in USD.", "1.0000"),
  run_id: runId.nullable().describe("The run that it was moved for; null of a GRANT or CLAWBACK."),
  grant_id: z
    .string()
    .nullable()
    .meta({ description: "Whose id a GRANT or CLAWBACK bears; null of all others.", examples: [null] }),
  created_at: when.describe("When it was moved."),
});

export const ledgerPage = z.strictObject({
  transfers: z.array(transferView).describe("Newest first, or in the order that was asked for."),
  next_cursor,
  next_position,
});
