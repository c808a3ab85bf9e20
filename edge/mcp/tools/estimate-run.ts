import { estimateView } from "../../runs/estimate-schema.ts";
import { estimate } from "../../runs/estimate.ts";
import { readRunRequest } from "../../runs/read-run-request.ts";
import { validated } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { orderArguments } from "../run-arguments.ts";
import { READS, type Tool } from "../tool.ts";

export const estimateRun: Tool = {
  name: "estimate_run",
  title: "Estimate a run",
  description:
    "What a submit_run with these arguments would reserve, what the run costs if it succeeds (price_usd, or from least_price_usd to most_price_usd) and if it fails (minimum_fee_usd), and whether it would be taken now; if not, `refusal` says why. Checks the inputs as submit_run does. Reserves nothing and costs nothing. Needs a key with the scope submit.",
  input: orderArguments,
  output: estimateView,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const order = await validated(ctx, () => readRunRequest(ctx.deps, given));
    return { structure: await estimate(gateFor(ctx, "submit"), ctx.deps, order, ctx.c.get("origin")) };
  },
};
