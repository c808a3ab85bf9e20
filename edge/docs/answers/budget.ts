import { z } from "zod";
import { usd } from "./figures.ts";

export const budgetView = z.strictObject({
  granted_usd: usd,
  charged_usd: usd,
  reserved_usd: usd.describe("Held by open runs."),
  available_usd: usd.describe("granted = charged + reserved + available"),
  open_runs: z.int(),
  max_open_runs: z.int().nullable().describe("Null where the account has no plan."),
  key: z
    .strictObject({ cap_usd: usd, committed_usd: usd, available_usd: usd })
    .nullable()
    .describe("The API key's own budget, if it has one."),
});
