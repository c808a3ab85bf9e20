import { estimateView } from "../../runs/estimate-schema.ts";
import * as answers from "../../runs/schemas.ts";
import { COMMON, headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import { response, type Resource, EMPTY_BODY, READ } from "../../openapi/describe.ts";
import { problems } from "../../openapi/problems.ts";
import { listRuns } from "./run-list.ts";

const COST = {
  "X-DPP-Cost-Reserved": headerRef("CostReserved"),
  "X-DPP-Cost-Minimum-Fee": headerRef("CostMinimumFee"),
};
const RUN_HEADERS = { ...COST, ...RATE, "X-DPP-Cost-Actual": headerRef("CostActual") };
const REDIRECT = {
  name: "redirect",
  in: "query",
  description: "Answer with a redirect to the download instead.",
  schema: { type: "boolean", default: false },
  example: true,
};
const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description:
    "One key per piece of work; every retry bears the same one. Printable ASCII, no space at either end or behind a comma.",
  schema: {
    type: "string",
    minLength: 8,
    maxLength: 64,
    pattern: "^(?:[\\x21-\\x7e]*[\\x21-\\x2b\\x2d-\\x7e] +)*[\\x21-\\x7e]+$",
  },
  example: "order-A-1-first",
};

const PREFER = {
  name: "Prefer",
  in: "header",
  description:
    "RFC 7240. `wait=N` holds the answer until the run is over, N whole seconds at most; more than 30 is taken as 30. What does not fit is ignored, and so is a wait while many answers are held open already: the answer comes at once, without Preference-Applied.",
  schema: { type: "string" },
  example: "wait=20",
};
const EVENTS = 'retry: 2000\n\nevent: status\nid: 3\ndata: {"run_id":"...","status":"COMPLETED"}\n\n';
const LAST_EVENT_ID = {
  name: "Last-Event-ID",
  in: "header",
  description: "The id of the last event that was seen: nothing is sent again.",
  schema: { type: "string", pattern: "^[0-9]{1,15}$" },
  example: "3",
};

const createRun = {
  operationId: "createRun",
  "x-scope": "submit",
  tags: ["runs"],
  summary: "Submit a run",
  description:
    "Reserves max_cost_usd, queues the work and answers at once. A max_cost_usd below the price of a success, or below the least that it can be, is refused. The same Idempotency-Key with the same body is the same run, however often it is sent; what is not used of the reservation is given back when the run ends.",
  parameters: [IDEMPOTENCY_KEY],
  requestBody: { required: true, content: { "application/json": { schema: schemaRef("CreateRun") } } },
  responses: {
    202: response("The run exists and its money is held.", "RunAccepted", {
      ...COST,
      ...RATE,
      Location: headerRef("Location"),
      "Idempotency-Replayed": headerRef("IdempotencyReplayed"),
    }),
    ...problems(
      "invalid-request",
      "invalid-idempotency-key",
      "unauthorized",
      "scope-missing",
      "pack-not-in-plan",
      "cost-over-plan-limit",
      "method-not-allowed",
      "idempotency-conflict",
      "payload-too-large",
      "unsupported-media-type",
      "budget-exceeded",
      "max-cost-below-price",
      "rate-limited",
      "too-many-open-runs",
      "internal",
      "unavailable",
      "read-only",
    ),
  },
};

const estimateRun = {
  operationId: "estimateRun",
  "x-scope": "submit",
  tags: ["runs"],
  summary: "Estimate a run",
  description:
    "Takes the body of a submit and answers what that would reserve, what the run costs if it succeeds and if it fails, and whether it would be taken now; nothing is reserved and nothing is kept, so that it takes no Idempotency-Key.",
  requestBody: { required: true, content: { "application/json": { schema: schemaRef("CreateRun") } } },
  responses: {
    200: response("The estimate.", "Estimate", { ...COST, ...RATE }),
    ...problems("invalid-request", "payload-too-large", "unsupported-media-type", ...READ),
  },
};

const getRun = {
  operationId: "getRun",
  "x-scope": "read",
  tags: ["runs"],
  summary: "Read a run",
  description:
    "Its state, its cost and, once it has completed, its result's digest. With `Prefer: wait=N` the answer is held until the run is over, or N seconds have passed; it counts as one read.",
  parameters: [PREFER],
  responses: {
    200: response("The run.", "Run", {
      ...RUN_HEADERS,
      "Retry-After": headerRef("RetryAfter"),
      "Preference-Applied": headerRef("PreferenceApplied"),
      Vary: headerRef("VaryPrefer"),
    }),
    ...problems("invalid-request", "not-found", ...READ),
  },
};

const getEvents = {
  operationId: "getRunEvents",
  "x-scope": "read",
  tags: ["runs"],
  summary: "Follow a run",
  description:
    "Server-sent events (`text/event-stream`): one event `status` with the run as it is now, then one for every change that is seen, and the end of the stream after the one that says how the run ended. Its `id` is the run's version, its `data` the JSON of the run. Changes less than a second apart may be seen as one. A stream lives for 5 minutes at most and says `: still here` every 15 seconds; come back with Last-Event-ID, as every EventSource does. Counts as one read.",
  parameters: [LAST_EVENT_ID],
  responses: {
    200: {
      description: "The events.",
      headers: { ...COMMON, ...RATE },
      content: { "text/event-stream": { schema: { type: "string" }, example: EVENTS } },
    },
    204: {
      description: "The run is over, and its last event was seen: nothing more will come, and EventSource stops.",
      headers: { ...COMMON, ...RATE },
    },
    ...problems("invalid-request", "not-found", ...READ),
  },
};

const cancelRun = {
  operationId: "cancelRun",
  "x-scope": "submit",
  tags: ["runs"],
  summary: "Cancel a run",
  description:
    "Ends a run that is not over. Queued, it costs nothing; at work, the minimum fee, which is never more than a success costs. Where its result is just being written, it is asked to stop: it ends COMPLETED at its cost if the result is there first, else CANCELED for the minimum fee. Asking again is safe.",
  requestBody: EMPTY_BODY,
  responses: {
    200: response("The run is canceled, now or before.", "Run", RUN_HEADERS),
    202: response("The run is asked to stop; ask for it again to see how it ends.", "Run", {
      ...COST,
      ...RATE,
      "Retry-After": headerRef("RetryAfter"),
    }),
    ...problems(
      "invalid-request",
      "not-found",
      "run-already-terminal",
      "run-under-audit",
      "payload-too-large",
      "unsupported-media-type",
      "read-only",
      ...READ,
    ),
  },
};

const getResult = {
  operationId: "getResult",
  "x-scope": "read",
  tags: ["runs"],
  summary: "Get a run's result",
  description: "A presigned address, good for 15 minutes, from which the result can be downloaded without an API key.",
  parameters: [REDIRECT],
  responses: {
    200: response("Where the result is, and its digest.", "Result", RATE),
    302: {
      description: "With `redirect=true`: on to the download.",
      headers: { ...COMMON, Location: headerRef("Location"), ...RATE },
    },
    ...problems("invalid-request", "not-found", "run-not-completed", "result-expired", ...READ),
  },
};

const runId = { $ref: "#/components/parameters/RunId" };

export const runs: Resource = {
  tag: { name: "runs", description: "Paid units of work." },
  paths: {
    "/v1/runs": { get: listRuns, post: createRun },
    "/v1/runs/estimate": { post: estimateRun },
    "/v1/runs/{id}": { parameters: [runId], get: getRun },
    "/v1/runs/{id}/events": { parameters: [runId], get: getEvents },
    "/v1/runs/{id}/cancel": { parameters: [runId], post: cancelRun },
    "/v1/runs/{id}/result": { parameters: [runId], get: getResult },
  },
  answers: {
    RunAccepted: answers.accepted,
    Run: answers.runView,
    RunList: answers.runList,
    Result: answers.resultView,
    Estimate: estimateView,
  },
};
