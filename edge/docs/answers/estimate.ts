import { z } from "zod";
import { PROBLEMS } from "#core/domain/problem.ts";
import { minimum_fee_usd, usd } from "./figures.ts";
import { prices } from "./packs.ts";

export const estimateView = z.strictObject({
  pack_type: z.string(),
  pack_version: z.string(),
  reserved_cost_usd: usd.describe("What a submit would reserve: max_cost_usd."),
  minimum_fee_usd,
  estimated_cost_usd: usd.describe("The price of `units`, and never more than max_cost_usd."),
  estimate_is_exact: z
    .boolean()
    .describe(
      "True: a success costs exactly the estimate. False: only the work itself can tell, and it may cost more.",
    ),
  units: z.record(z.string(), z.int()).describe("The units of work that these inputs will use."),
  prices,
  admitted: z.boolean().describe("Whether a submit would be taken at this moment."),
  refusal: z
    .looseObject({
      type: z.url(),
      slug: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
    })
    .nullable()
    .describe("The problem that a submit would be answered with; null if it would be taken."),
});
