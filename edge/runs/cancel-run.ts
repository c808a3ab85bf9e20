import { runView, viewRun } from "#core/domain/run-view.ts";
import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { COST, RATE, RETRY_AFTER } from "../openapi/headers.ts";
import { cancel, type CancelDeps } from "./cancel.ts";
import { runIdParameter } from "./run-id.ts";
import { costHeaders, RUN_HEADERS } from "./view.ts";

export const cancelRun = operation({
  id: "cancelRun",
  method: "POST",
  path: "/v1/runs/{id}/cancel",
  scope: "submit",
  tag: "runs",
  summary: "Cancel a run",
  description:
    "Ends an open run. A queued run costs nothing; a run in progress costs the minimum fee, which is never more than the price of a success. A run whose result is being written is asked to stop: it ends COMPLETED at its cost if the result is stored first, else CANCELED for the minimum fee. Safe to repeat.",
  params: { id: runIdParameter },
  body: EMPTY_BODY,
  responses: {
    200: { description: "The run is canceled, now or before.", schema: runView, headers: RUN_HEADERS },
    202: {
      description: "The run is asked to stop. Read it again to see how it ends.",
      schema: runView,
      headers: { ...COST, ...RATE, ...RETRY_AFTER },
    },
  },
  problems: ["not-found", "run-already-terminal", "run-under-audit", "read-only"],
  async handle({ caller, params, defer, unwrap, json }, deps: Omit<CancelDeps, "defer">) {
    const { kind, run } = unwrap(await cancel({ ...deps, defer }, caller, params.id));
    return json(kind === "over" ? 200 : 202, viewRun(run), costHeaders(run));
  },
});
