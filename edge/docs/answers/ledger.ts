import { z } from "zod";
import { transferAccount, transferKind } from "#core/domain/transfer.ts";
import { usd, when } from "./figures.ts";
import { next_cursor } from "./listings.ts";

export const transferView = z.strictObject({
  transfer_id: z.string(),
  kind: transferKind.describe(
    "GRANT: credit given. CLAWBACK: credit taken back. RESERVE: held for a run. CHARGE and REFUND: what its end made of that.",
  ),
  debit: transferAccount.describe("Where the amount was taken from."),
  credit: transferAccount.describe("Where it went."),
  amount_usd: usd,
  run_id: z.uuid().nullable(),
  grant_id: z.string().nullable().describe("Of a GRANT or CLAWBACK."),
  created_at: when,
});

export const ledgerPage = z.strictObject({ transfers: z.array(transferView), next_cursor });
