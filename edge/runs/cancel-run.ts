import { EMPTY_BODY } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { COST, RATE, RETRY_AFTER } from "../openapi/headers.ts";
import { cancel, type CancelDeps } from "./cancel.ts";
import { runIdParameter } from "./run-id.ts";
import { runView } from "./schemas.ts";
import { costHeaders, RUN_HEADERS, viewRun } from "./view.ts";

export const cancelRun = operation({
  id: "cancelRun",
  method: "POST",
  path: "/v1/runs/{id}/cancel",
  scope: "submit",
  tag: "runs",
  summary: "Cancel a run",
  description:
    "Ends a run that is not over. Queued, it costs nothing; at work, the minimum fee, which is never more than a success costs. Where its result is just being written, it is asked to stop: it ends COMPLETED at its cost if the result is there first, else CANCELED for the minimum fee. Asking again is safe.",
  params: { id: runIdParameter },
  body: EMPTY_BODY,
  responses: {
    200: { description: "The run is canceled, now or before.", schema: runView, headers: RUN_HEADERS },
    202: {
      description: "The run is asked to stop; ask for it again to see how it ends.",
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
