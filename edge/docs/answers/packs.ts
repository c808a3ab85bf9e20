import { z } from "zod";
import { usd } from "./figures.ts";

const json = z.record(z.string(), z.unknown());

export const prices = z
  .record(z.string(), z.strictObject({ unit_price_usd: usd, per: z.string().describe("What one unit is.") }))
  .describe("By unit of work. A success costs the sum of its units, and never more than max_cost_usd.");

export const packView = z.strictObject({
  pack_type: z.string(),
  pack_version: z.string().describe("Rises when the same inputs may give other data."),
  title: z.string(),
  summary: z.string(),
  in_plan: z.boolean().describe("Whether the account's plan includes the pack; without that a submit is refused."),
  inputs: json.describe("JSON Schema (2020-12) of the `inputs` of a run."),
  prices,
  limits: z.strictObject({
    max_cost_usd: z
      .strictObject({ minimum: usd, maximum: usd })
      .describe("What `max_cost_usd` may be; the maximum is the plan's, where the account has one."),
    timebox_sec: z.strictObject({ minimum: z.int(), maximum: z.int(), default: z.int() }),
    body_bytes: z.strictObject({ maximum: z.int() }).describe("Of the whole body of a submit."),
  }),
  reliability: z.string().describe("What the `reliability` of a result means, 0 to 1."),
  example: z
    .strictObject({ pack_type: z.string(), inputs: json, max_cost_usd: usd })
    .describe("A body that `POST /v1/runs` takes as it stands."),
});

export const packList = z.strictObject({ packs: z.array(packView) });
