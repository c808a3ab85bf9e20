import { z } from "zod";
import { amount, minimum_fee_usd, packType, packVersion } from "./figures.ts";
import { prices } from "./packs.ts";
import { problemKind } from "./problem.ts";

const { type, slug, title, status } = problemKind.shape;

export const estimateView = z.strictObject({
  pack_type: packType,
  pack_version: packVersion,
  reserved_cost_usd: amount("What a submit would reserve, in USD: max_cost_usd.", "1.0000"),
  minimum_fee_usd,
  estimated_cost_usd: amount("The price of `units`, in USD, and never more than max_cost_usd.", "0.0030"),
  estimate_is_exact: z
    .boolean()
    .describe(
      "True: a success costs exactly the estimate. False: only the work itself can tell, and it may cost more.",
    ),
  units: z.record(z.string(), z.int()).meta({
    description: "The units of work that these inputs will use.",
    examples: [{ base: 1, hundred_kb: 1 }],
  }),
  prices,
  admitted: z.boolean().meta({ description: "Whether a submit would be taken at this moment.", examples: [true] }),
  refusal: z
    .looseObject({
      type,
      slug,
      title,
      status,
      detail: z.string().meta({ description: "What is the matter.", examples: ["The budget does not cover the run."] }),
    })
    .nullable()
    .meta({
      description: "The problem that a submit would be answered with; null if it would be taken.",
      examples: [null],
    }),
});
