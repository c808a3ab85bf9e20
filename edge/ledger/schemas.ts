import { z } from "zod";
import { transferAccount, transferKind } from "#core/domain/transfer.ts";
import { usageGroup } from "#core/store/ledger/find-usage.ts";
import { amount, keyId, next_cursor, next_position, packType, runId, when } from "#core/domain/api-values.ts";

export const budgetView = z.strictObject({
  granted_usd: amount("All credit ever granted, less what was taken back, in USD.", "100.0000"),
  charged_usd: amount("All that runs were charged, in USD.", "12.5000"),
  reserved_usd: amount("Held by open runs, in USD.", "1.0000"),
  available_usd: amount("What a submit may reserve, in USD: granted = charged + reserved + available.", "86.5000"),
  open_runs: z
    .int()
    .min(0)
    .meta({ description: "Runs that are queued or at work.", examples: [1] }),
  max_open_runs: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: "How many may be open at once. Null where the account has no plan.", examples: [50] }),
  key: z
    .strictObject({
      cap_usd: amount("What runs of this key may cost in all, in USD.", "20.0000"),
      committed_usd: amount("What they were charged and hold, in USD.", "13.5000"),
      available_usd: amount("What is left of the cap, in USD.", "6.5000"),
    })
    .nullable()
    .describe("The API key's own budget, if it has one."),
});

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

const day = (description: string, example: string) => z.iso.date().meta({ description, examples: [example] });
const count = (description: string, example: number) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] });

const amounts = {
  runs: count("Runs that ended.", 3),
  successes: count("Of these, the COMPLETED.", 2),
  failures: count("Of these, the FAILED.", 1),
  canceled: count("Of these, the CANCELED.", 0),
  charged_usd: amount("What they were charged, in USD.", "0.0450"),
  reserved_usd: amount("What these runs had reserved, in USD; what was not charged of it was given back.", "3.0000"),
};

const row = z.strictObject({
  day: day("A day of UTC. By day, and by day and pack.", "2026-11-21").optional(),
  pack_type: packType.optional().describe("The pack's type. By pack, and by day and pack."),
  key_id: keyId.optional().describe("The API key's id. By key alone."),
  key_name: z
    .string()
    .optional()
    .meta({ description: "Its name. By key alone.", examples: ["ci"] }),
  ...amounts,
});
const example: z.input<typeof row> = {
  day: "2026-11-21",
  runs: 3,
  successes: 2,
  failures: 1,
  canceled: 0,
  charged_usd: "0.0450",
  reserved_usd: "3.0000",
};

export const usageView = z.strictObject({
  start_date: day("The first day, in UTC.", "2026-11-21"),
  end_date: day("The last day, in UTC; it is included.", "2026-11-21"),
  group_by: usageGroup.describe("What each row adds up."),
  rows: z
    .array(row.meta({ examples: [example] }))
    .describe("By day in their order, by pack or key the most charged first; what has no runs has no row."),
  totals: z.strictObject(amounts).describe("All rows together."),
  complete_through: day(
    "The last day, in UTC, to which no more runs are added: its figures and those of all days before are final. A day becomes final about two minutes after it has ended.",
    "2026-11-20",
  ),
  days: z.string().meta({
    description: "What it means that a run was on a day.",
    examples: ["A run counts, with all it reserved and was charged, on the day of UTC on which it ended."],
  }),
});

/** By their names in the document. */
export const SCHEMAS = { Budget: budgetView, LedgerPage: ledgerPage, Usage: usageView };
