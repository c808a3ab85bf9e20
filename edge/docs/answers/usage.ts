import { z } from "zod";
import { usageGroup } from "#core/store/postgres/find-usage.ts";
import { usd } from "./figures.ts";

const day = z.iso.date().describe("A day of UTC.");

const figures = {
  runs: z.int(),
  successes: z.int(),
  failures: z.int(),
  canceled: z.int(),
  charged_usd: usd,
  reserved_usd: usd.describe("What these runs had reserved; what was not charged of it was given back."),
};

export const usageView = z.strictObject({
  start_date: day,
  end_date: day,
  group_by: usageGroup,
  rows: z
    .array(
      z.strictObject({
        day: day.optional(),
        pack_type: z.string().optional(),
        key_id: z.uuid().optional(),
        key_name: z.string().optional(),
        ...figures,
      }),
    )
    .describe("By day in their order, by pack or key the most charged first; what has no runs has no row."),
  totals: z.strictObject(figures),
  days: z.string().describe("What it means that a run was on a day."),
});
