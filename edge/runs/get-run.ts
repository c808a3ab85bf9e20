import { MAX_INLINE_BYTES, runView, viewRun } from "#core/domain/run-view.ts";
import { findRunWithInputs } from "#core/store/runs/find-run.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { queryOf } from "../http/query.ts";
import { listParameter } from "../http/query-parameters.ts";
import { headerRef, RETRY_AFTER } from "../openapi/headers.ts";
import { type AwaitDeps, awaitEnd, type AwaitRequest, refusalOf } from "./await-end.ts";
import { findOwnRun, findOwnRunWithInputs, type RunWithInputs, withInputs } from "./find-own-run.ts";
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
    const waits = wait_s !== undefined;
    const found =
      asked.has("inputs") && !waits
        ? await findOwnRunWithInputs(request, deps, params.id)
        : { run: await findOwnRun(request, deps, params.id) };
    const last = await awaitEnd(deps, { c, caller, wait_s }, found.run);
    // What was submitted may be large: nobody keeps it while a response is held.
    const { run, ...inputs } =
      asked.has("inputs") && waits ? await readInputs(deps, { c, caller }, params.id) : { ...found, run: last };
    const output = asked.has("output") || waits ? { output: await inlineOutput(deps, run) } : {};
    return json(200, viewRun(run, { ...inputs, ...output }), costHeaders(run));
  },
});

/** The run as it is now, with what was submitted: a part of the read that has been counted. */
async function readInputs(
  deps: ShieldDeps,
  request: Pick<AwaitRequest, "c" | "caller">,
  run_id: string,
): Promise<RunWithInputs> {
  const found = await findRunWithInputs(deps.db, request.caller.key_sha256, run_id);
  if (found.kind !== "found") throw refusalOf(deps, request, found.kind);
  return withInputs(found);
}
