import { z } from "zod";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { once, queryOf } from "../http/query.ts";
import { parameter } from "../http/query-parameters.ts";
import { LOCATION, RATE } from "../openapi/headers.ts";
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
  description: "A presigned address, good for 15 minutes, from which the result can be downloaded without an API key.",
  params: { id: runIdParameter },
  query: queryOf({
    redirect: parameter(
      once(z.enum(["true", "false"], "must be true or false")).default("false"),
      "Respond with a redirect to the download instead.",
      { type: "boolean", default: false },
      true,
    ),
  }),
  responses: {
    200: { description: "Where the result is, and its digest.", schema: resultView },
    302: { description: "With `redirect=true`: on to the download.", headers: { ...LOCATION, ...RATE } },
  },
  problems: ["not-found", "run-not-completed", "result-expired"],
  async handle(request, deps: ShieldDeps & DownloadDeps) {
    const { c, params, query, json } = request;
    const download = await downloadOf(deps, await findOwnRun(request, deps, params.id));
    return query.redirect === "true" ? c.redirect(download.url, 302) : json(200, download);
  },
});
