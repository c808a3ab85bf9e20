import { IDEMPOTENCY_KEY, idempotencyKey } from "#core/domain/idempotency.ts";
import { Problem } from "#core/domain/problem.ts";
import { runView, viewRun } from "#core/domain/run-view.ts";
import { isTerminal } from "#core/domain/run.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { headerRef, LOCATION, RETRY_AFTER } from "../openapi/headers.ts";
import { runBody } from "./read-run-request.ts";
import { awaitSubmitted } from "./await-submitted.ts";
import type { InlineOutputDeps } from "./inline-output.ts";
import type { AwaitDeps } from "./await-end.ts";
import { preferHeader } from "./prefer-header.ts";
import { submit, type SubmitDeps } from "./submit.ts";
import { costHeaders, RUN_HEADERS } from "./view.ts";

const invalidKey = (detail: string | undefined, field: string) =>
  new Problem("invalid-idempotency-key", detail, { errors: [{ header: "Idempotency-Key", detail: field }] });

const idempotencyKeyHeader: Parameter<string> = {
  parse: (value) => {
    const key = idempotencyKey.safeParse(value);
    if (key.success) return key.data;
    const form = "8 to 64 printable ASCII characters, no comma followed by a space, for instance a UUID";
    if (value !== undefined) throw invalidKey(undefined, `must be ${form}`);
    const advice = `one value for each piece of work, of ${form}, and the same one with every retry`;
    throw invalidKey(`The request has no Idempotency-Key header. Send ${advice}.`, `is required: ${advice}`);
  },
  document: {
    required: true,
    description:
      "One key per piece of work; every retry sends the same one. Printable ASCII, no space at either end or after a comma.",
    schema: {
      type: "string",
      minLength: 8,
      maxLength: 64,
      pattern: IDEMPOTENCY_KEY,
    },
    example: "order-A-1-first",
  },
};

const HEADERS = {
  ...RUN_HEADERS,
  ...LOCATION,
  "Idempotency-Replayed": headerRef("IdempotencyReplayed"),
  "Preference-Applied": headerRef("PreferenceApplied"),
  Vary: headerRef("VaryPrefer"),
};

export const createRun = operation({
  id: "createRun",
  method: "POST",
  path: "/v1/runs",
  scope: "submit",
  policy: "submit",
  tag: "runs",
  summary: "Submit a run",
  description:
    "Reserves max_cost_usd, queues the work and responds at once; with `Prefer: wait=N` it responds when the run is over, with its result, or as it is after N seconds. A max_cost_usd below the minimum price of a success is refused. The same Idempotency-Key with the same body is the same run, however often it is sent and however it is written (the order of members, the zeros of an amount, and defaults spelt out do not count). A key without the scope `read` is told what it submitted and where the run stands, its `status` and times: of a run that it submits again, `result`, `error` and `cost.actual_usd` are null. The unused part of the reservation is released when the run ends.",
  headers: { "Idempotency-Key": idempotencyKeyHeader, Prefer: preferHeader },
  body: runBody,
  responses: {
    200: {
      description: "With `Prefer: wait`: the run is over. Its `output` is the result, if that is small.",
      schema: runView,
      headers: HEADERS,
    },
    202: {
      description: "The run exists and its money is held.",
      schema: runView,
      headers: { ...HEADERS, ...RETRY_AFTER },
    },
  },
  problems: [
    "invalid-request",
    "invalid-idempotency-key",
    "scope-missing",
    "pack-not-in-plan",
    "cost-over-plan-limit",
    "idempotency-conflict",
    "budget-exceeded",
    "max-cost-below-price",
    "model-not-configured",
    "rate-limited",
    "too-many-open-runs",
    "unavailable",
    "read-only",
  ],
  async handle(
    { c, caller, headers, body, defer, unwrap, json },
    deps: Omit<SubmitDeps, "defer"> & AwaitDeps & InlineOutputDeps,
  ) {
    const request = {
      ...body.request,
      idempotency_key: headers["Idempotency-Key"],
      traceparent: c.get("trace").parent,
    };
    const { run: accepted, replayed } = unwrap(await submit({ ...deps, defer }, caller, request));
    // The body may be large: it ends here, and is not kept while the response is held.
    return awaitSubmitted(deps, { c, caller, wait_s: headers.Prefer }, accepted).then(({ run, ...parts }) =>
      json("output" in parts && isTerminal(run.status) ? 200 : 202, viewRun(run, parts), {
        ...costHeaders(run),
        Location: `/v1/runs/${run.run_id}`,
        ...(replayed && { "Idempotency-Replayed": "true" }),
      }),
    );
  },
});
