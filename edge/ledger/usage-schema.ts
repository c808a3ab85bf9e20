import { z } from "zod";
import { usageGroup } from "#core/store/ledger/find-usage.ts";
import { amount, keyId, packType } from "../openapi/values.ts";

const day = (description: string, example: string) => z.iso.date().meta({ description, examples: [example] });
const count = (description: string, example: number) => z.int().meta({ description, examples: [example] });

const figures = {
  runs: count("Runs that ended.", 3),
  successes: count("Of these, the COMPLETED.", 2),
  failures: count("Of these, the FAILED.", 1),
  canceled: count("Of these, the CANCELED.", 0),
  charged_usd: amount("What they were charged, in USD.", "0.0450"),
  reserved_usd: amount("What these runs had reserved, in USD; what was not charged of it was given back.", "3.0000"),
};

const row = z.strictObject({
  day: day("A day of UTC. By day alone.", "2026-11-21").optional(),
  pack_type: packType.optional().describe("The pack's type. By pack alone."),
  key_id: keyId.optional().describe("The API key's id. By key alone."),
  key_name: z
    .string()
    .optional()
    .meta({ description: "Its name. By key alone.", examples: ["ci"] }),
  ...figures,
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
  totals: z.strictObject(figures).describe("All rows together."),
  complete_through: day(
    "The last day, in UTC, to which no more runs are added: its figures and those of all days before are final. A day becomes final about two minutes after it has ended.",
    "2026-11-20",
  ),
  days: z.string().meta({
    description: "What it means that a run was on a day.",
    examples: ["A run counts, with all it reserved and was charged, on the day of UTC on which it ended."],
  }),
});
