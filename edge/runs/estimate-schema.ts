import { z } from "zod";
import { amount, minimum_fee_usd, packType, packVersion, usd } from "#core/domain/api-values.ts";
import { prices } from "../packs/schemas.ts";
import { problemKind } from "../service/problem-schema.ts";

const { type, code, title, status } = problemKind.shape;

export const estimateView = z.strictObject({
  pack_type: packType,
  pack_version: packVersion,
  reserved_usd: amount("What a submit would reserve, in USD: max_cost_usd.", "1.0000"),
  price_usd: usd.nullable().meta({
    description:
      "What the run costs if it succeeds, in USD, whatever max_cost_usd is; null where only the work itself can tell.",
    examples: [null],
  }),
  least_price_usd: amount(
    "The least that a success costs, in USD. A max_cost_usd below it is refused: `max-cost-below-price`.",
    "0.0030",
  ),
  most_price_usd: amount(
    "The most that a success costs, in USD. A max_cost_usd of it is enough in any case.",
    "0.1020",
  ),
  minimum_fee_usd,
  estimated_cost_usd: amount("The price of `units`, in USD: least_price_usd.", "0.0030"),
  estimate_is_exact: z
    .boolean()
    .describe("True: a success costs exactly price_usd. False: only the work itself can tell, and it may cost more."),
  units: z.record(z.string(), z.int()).meta({
    description: "The units of work that these inputs will use; where only the work itself can tell, at least.",
    examples: [{ base: 1, hundred_kb: 1 }],
  }),
  needs_input: z
    .array(z.string())
    .nullable()
    .meta({
      description:
        "JSON Pointers to what is missing in `inputs`: while it is, the answer is NEEDS_INPUT, which costs nothing. Where the service has a model that fills it in, the answer, and a failure or cancel, costs what the prices here say; else they are zero. Null where nothing is missing.",
      examples: [null],
    }),
  prices,
  admitted: z.boolean().meta({ description: "Whether a submit would be taken at this moment.", examples: [true] }),
  refusal: z
    .looseObject({
      type,
      code,
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
