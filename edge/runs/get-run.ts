import { runView, viewRun } from "#core/domain/run-view.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { preferredWait } from "../http/prefer.ts";
import { headerRef, RETRY_AFTER } from "../openapi/headers.ts";
import { type AwaitDeps, awaitEnd } from "./await-end.ts";
import { findOwnRun } from "./find-own-run.ts";
import { runIdParameter } from "./run-id.ts";
import { costHeaders, RUN_HEADERS } from "./view.ts";

const preferHeader: Parameter<number | undefined> = {
  parse: preferredWait,
  document: {
    description:
      "RFC 7240. `wait=N` holds the response until the run ends, for at most N whole seconds; the maximum is 30. Invalid preferences are ignored, and so is a wait while too many responses are held open: the response comes at once, without Preference-Applied.",
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
    "Its state, its cost and, once it has completed, the digest of its result. With `Prefer: wait=N` the response is held until the run ends or N seconds have passed; this counts as one read.",
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
