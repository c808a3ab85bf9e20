import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { preferredWait } from "../http/prefer.ts";
import { headerRef, RETRY_AFTER } from "../openapi/headers.ts";
import { type AwaitDeps, awaitEnd } from "./await-end.ts";
import { findOwnRun } from "./find-own-run.ts";
import { runIdParameter } from "./run-id.ts";
import { runView } from "./schemas.ts";
import { costHeaders, RUN_HEADERS, viewRun } from "./view.ts";

const preferHeader: Parameter<number | undefined> = {
  parse: preferredWait,
  document: {
    description:
      "RFC 7240. `wait=N` holds the answer until the run is over, N whole seconds at most; more than 30 is taken as 30. What does not fit is ignored, and so is a wait while many answers are held open already: the answer comes at once, without Preference-Applied.",
    schema: { type: "string" },
    example: "wait=20",
  },
};

export const getRun = operation({
  id: "getRun",
  method: "GET",
  path: "/v1/runs/{id}",
  scope: "read",
  tag: "runs",
  summary: "Read a run",
  description:
    "Its state, its cost and, once it has completed, its result's digest. With `Prefer: wait=N` the answer is held until the run is over, or N seconds have passed; it counts as one read.",
  params: { id: runIdParameter },
  headers: { Prefer: preferHeader },
  responses: {
    200: {
      description: "The run.",
      schema: runView,
      headers: {
        ...RUN_HEADERS,
        ...RETRY_AFTER,
        "Preference-Applied": headerRef("PreferenceApplied"),
        Vary: headerRef("VaryPrefer"),
      },
    },
  },
  problems: ["not-found"],
  async handle(request, deps: ShieldDeps & AwaitDeps) {
    const { c, caller, params, headers, json } = request;
    const found = await findOwnRun(request, deps, params.id);
    const run = await awaitEnd(deps, { c, caller, wait_s: headers.Prefer }, found);
    return json(200, viewRun(run), costHeaders(run));
  },
});
