import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { type DownloadDeps, downloadOf } from "./download.ts";
import { findOwnRun } from "./find-own-run.ts";
import { runIdParameter } from "./run-id.ts";
import { resultView } from "./schemas.ts";

export const getResult = operation({
  id: "getResult",
  method: "GET",
  path: "/v1/runs/{id}/result",
  scope: "read",
  tag: "runs",
  summary: "Get a run's result",
  description:
    "A presigned address, good for 15 minutes, from which the result can be downloaded without an API key, by a GET. Send it no API key: the store refuses a request that is authorized twice. `GET /v1/runs/{id}/output` gives the same bytes itself.",
  params: { id: runIdParameter },
  responses: {
    200: { description: "Where the result is, and its digest.", schema: resultView },
  },
  problems: ["not-found", "run-not-completed", "result-expired"],
  async handle(request, deps: ShieldDeps & DownloadDeps) {
    const { params, json } = request;
    return json(200, await downloadOf(deps, await findOwnRun(request, deps, params.id)));
  },
});
