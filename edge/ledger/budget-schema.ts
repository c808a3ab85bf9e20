import { z } from "zod";
import { amount } from "../openapi/values.ts";

export const budgetView = z.strictObject({
  granted_usd: amount("All credit ever granted, less what was taken back, in USD.", "100.0000"),
  charged_usd: amount("All that runs were charged, in USD.", "12.5000"),
  reserved_usd: amount("Held by open runs, in USD.", "1.0000"),
  available_usd: amount("What a submit may reserve, in USD: granted = charged + reserved + available.", "86.5000"),
  open_runs: z.int().meta({ description: "Runs that are queued or at work.", examples: [1] }),
  max_open_runs: z
    .int()
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
