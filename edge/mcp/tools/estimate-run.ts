import { z } from "zod";
import { estimateView } from "../../runs/estimate-schema.ts";
import { estimate } from "../../runs/estimate.ts";
import { readRunRequest } from "../../runs/read-run-request.ts";
import { validated } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { estimateArguments, readRunArguments } from "../run-arguments.ts";
import { READS, type Tool } from "../tool.ts";

const output = estimateView
  .pick({
    price_usd: true,
    least_price_usd: true,
    most_price_usd: true,
    minimum_fee_usd: true,
    needs_input: true,
    admitted: true,
  })
  .extend({ refusal: z.looseObject({ detail: z.string() }).nullable() })
  .loose();

export const estimateRun: Tool = {
  name: "estimate_run",
  title: "Estimate a run",
  description:
    "The price of a run before it is bought: price_usd (or from least_price_usd to most_price_usd) if it succeeds, minimum_fee_usd if it fails, and whether a submit_run with the same arguments would be admitted now; if not, `refusal` says why. Checks the inputs. Reserves nothing and costs nothing. Needs the scope submit.",
  input: estimateArguments,
  output,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const order = await validated(ctx, () => readRunRequest(ctx.deps, readRunArguments(given).body));
    return { structure: await estimate(gateFor(ctx, "submit"), ctx.deps, order, ctx.c.get("origin")) };
  },
};
