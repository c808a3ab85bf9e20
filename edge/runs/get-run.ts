import { MAX_INLINE_BYTES, runView, viewRun } from "#core/domain/run-view.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { queryOf } from "../http/query.ts";
import { listParameter } from "../http/query-parameters.ts";
import { headerRef, RETRY_AFTER } from "../openapi/headers.ts";
import { type AwaitDeps, awaitEnd } from "./await-end.ts";
import { findOwnRun, findOwnRunWithInputs } from "./find-own-run.ts";
import { inlineOutput, type InlineOutputDeps } from "./inline-output.ts";
import { preferHeader } from "./prefer-header.ts";
import { runIdParameter } from "./run-id.ts";
import { costHeaders, RUN_HEADERS } from "./view.ts";

const include = listParameter(
  `Parts of the run that only this shows: \`inputs\`, what was submitted; \`output\`, the result, up to ${MAX_INLINE_BYTES} bytes.`,
  ["inputs", "output"],
);

export const getRun = operation({
  id: "getRun",
  method: "GET",
  path: "/v1/runs/{id}",
  scope: "read",
  tag: "runs",
  summary: "Read a run",
  description:
    "Its state, its cost and, once it has completed, the digest of its result. With `Prefer: wait=N` the response is held until the run ends or N seconds have passed, and has the result as `output` if that is small; this counts as one read.",
  params: { id: runIdParameter },
  headers: { Prefer: preferHeader },
  query: queryOf({ include: { ...include, document: { ...include.document, example: ["output"] } } }),
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
  async handle(request, deps: ShieldDeps & AwaitDeps & InlineOutputDeps) {
    const { c, caller, params, headers, json } = request;
    const wait_s = headers.Prefer;
    const asked = new Set(request.query.include);
    const found = asked.has("inputs")
      ? await findOwnRunWithInputs(request, deps, params.id)
      : { run: await findOwnRun(request, deps, params.id) };
    const run = await awaitEnd(deps, { c, caller, wait_s }, found.run);
    const parts = {
      ...("inputs" in found && { inputs: found.inputs }),
      ...((asked.has("output") || wait_s !== undefined) && { output: await inlineOutput(deps, run) }),
    };
    return json(200, viewRun(run, parts), costHeaders(run));
  },
});
