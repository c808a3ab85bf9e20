import { operation } from "../http/operation.ts";
import { COST, RATE } from "../openapi/headers.ts";
import { estimate, type EstimateDeps } from "./estimate.ts";
import { estimateView } from "./estimate-schema.ts";
import { runBody } from "./read-run-request.ts";

export const estimateRun = operation({
  id: "estimateRun",
  method: "POST",
  path: "/v1/runs/estimate",
  scope: "submit",
  tag: "runs",
  summary: "Estimate a run",
  description:
    "Takes the body of a submit and returns what it would reserve, what the run costs if it succeeds and if it fails, and whether it would be accepted now. Nothing is reserved or stored, so it needs no Idempotency-Key.",
  body: runBody,
  responses: { 200: { description: "The estimate.", schema: estimateView, headers: { ...COST, ...RATE } } },
  async handle(request, deps: EstimateDeps) {
    const { c, body: order, json } = request;
    const body = await estimate(request, deps, order, c.get("origin"));
    return json(200, body, {
      "X-DPP-Cost-Reserved": body.reserved_usd,
      "X-DPP-Cost-Minimum-Fee": body.minimum_fee_usd,
    });
  },
});
