import { PROBLEMS } from "#core/domain/problem.ts";
import { COMMON, components, headerRef, RATE, schemaRef } from "./components.ts";
import { openProblems, problems } from "./problems.ts";

type Json = Readonly<Record<string, unknown>>;

const API_VERSION = "1.0.0";

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
};
const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description: "One key per piece of work; every retry bears the same one. Printable ASCII, no space at either end.",
  schema: { type: "string", minLength: 8, maxLength: 64, pattern: "^[\\x21-\\x7e][\\x20-\\x7e]{6,62}[\\x21-\\x7e]$" },
};

const answer = (description: string, schema: string, headers: Json = {}): Json => ({
  description,
  headers: { ...COMMON, ...headers },
  content: { "application/json": { schema: schemaRef(schema) } },
});

const READ = [
  "unauthorized",
  "scope-missing",
  "rate-limited",
  "method-not-allowed",
  "internal",
  "unavailable",
] as const;
const OPEN = ["method-not-allowed", "internal"] as const;

const createRun = {
  operationId: "createRun",
  tags: ["runs"],
  summary: "Submit a run",
  description:
    "Reserves max_cost_usd, queues the work and answers at once. The same Idempotency-Key with the same body is the same run, however often it is sent; what is not used of the reservation is given back when the run ends.",
  parameters: [IDEMPOTENCY_KEY],
  requestBody: { required: true, content: { "application/json": { schema: schemaRef("CreateRun") } } },
  responses: {
    202: answer("The run exists and its money is held.", "RunAccepted", {
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
      "rate-limited",
      "too-many-open-runs",
      "internal",
      "unavailable",
      "read-only",
    ),
  },
};

const getRun = {
  operationId: "getRun",
  tags: ["runs"],
  summary: "Read a run",
  description: "Its state, its cost and, once it has completed, its result's digest.",
  responses: {
    200: answer("The run.", "Run", { ...RUN_HEADERS, "Retry-After": headerRef("RetryAfter") }),
    ...problems("invalid-request", "not-found", ...READ),
  },
};

const cancelRun = {
  operationId: "cancelRun",
  tags: ["runs"],
  summary: "Cancel a run",
  description:
    "Ends a run that is not over. Queued, it costs nothing; at work, the minimum fee. Where its result is just being written, it is asked to stop: it ends COMPLETED at its cost if the result is there first, else CANCELED for the minimum fee. Asking again is safe. Needs the scope `submit`, and counts against the rate of reads.",
  requestBody: {
    required: false,
    description: "None; an empty object is taken.",
    content: { "application/json": { schema: { type: "object", additionalProperties: false } } },
  },
  responses: {
    200: answer("The run is canceled, now or before.", "Run", RUN_HEADERS),
    202: answer("The run is asked to stop; ask for it again to see how it ends.", "Run", {
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
  tags: ["runs"],
  summary: "Get a run's result",
  description: "A presigned address, good for 15 minutes, from which the result can be downloaded without an API key.",
  parameters: [REDIRECT],
  responses: {
    200: answer("Where the result is, and its digest.", "Result", RATE),
    302: {
      description: "With `redirect=true`: on to the download.",
      headers: { ...COMMON, Location: headerRef("Location"), ...RATE },
    },
    ...problems("invalid-request", "not-found", "run-not-completed", "result-expired", ...READ),
  },
};

const getBudget = {
  operationId: "getBudget",
  tags: ["budget"],
  summary: "Read the budget",
  description: "The account's balance, to the micro, and the API key's own budget where it has one.",
  responses: { 200: answer("The budget.", "Budget", RATE), ...problems(...READ) },
};

const open = (operationId: string, summary: string, description: string, responses: Json): Json => ({
  operationId,
  tags: ["service"],
  summary,
  description,
  security: [],
  responses: { ...responses, ...openProblems(...OPEN) },
});

const negotiated = (description: string, schema: string, ...types: string[]): Json => ({
  description,
  headers: { ...COMMON, Vary: headerRef("Vary") },
  content: {
    "application/json": { schema: schemaRef(schema) },
    ...Object.fromEntries(["text/html", ...types].map((type) => [type, { schema: { type: "string" } }])),
  },
});

const runId = { $ref: "#/components/parameters/RunId" };

const paths = {
  "/v1/runs": { post: createRun },
  "/v1/runs/{id}": { parameters: [runId], get: getRun },
  "/v1/runs/{id}/cancel": { parameters: [runId], post: cancelRun },
  "/v1/runs/{id}/result": { parameters: [runId], get: getResult },
  "/v1/budget": { get: getBudget },
  "/": {
    get: open("getIndex", "Where things are", "JSON; a page for browsers.", {
      200: negotiated("Where things are.", "Index"),
    }),
  },
  "/health": {
    get: open("getHealth", "Is the edge alive", "Answers without asking any store.", {
      200: answer("It is.", "Health"),
    }),
  },
  "/readyz": {
    get: open("getReadiness", "Can work be taken", "Asks database, redis, sqs and s3, in parallel.", {
      200: answer("Every store is up.", "Readiness"),
      503: answer("At least one store is down.", "Readiness", { "Retry-After": headerRef("RetryAfter") }),
      ...openProblems("rate-limited"),
    }),
  },
  "/openapi.json": {
    get: open("getOpenapi", "This document", "OpenAPI 3.1, from the schemas that check the requests.", {
      200: {
        description: "The document.",
        headers: COMMON,
        content: { "application/json": { schema: { type: "object" } } },
      },
    }),
  },
  "/problems/": {
    get: open("listProblems", "Every problem", "JSON; a page for browsers. The same at `/problems`.", {
      200: negotiated("Every problem, what it means and what to do.", "ProblemList"),
    }),
  },
  "/problems/{slug}": {
    parameters: [
      {
        name: "slug",
        in: "path",
        required: true,
        description: "The last part of a problem's type.",
        schema: { type: "string", enum: Object.keys(PROBLEMS) },
      },
    ],
    get: open("getProblem", "What a problem means", "A page for people; JSON or plain text for who asks for it.", {
      200: negotiated("What it means and what to do.", "ProblemKind", "text/plain"),
      ...openProblems("not-found"),
    }),
  },
};

/** The OpenAPI 3.1 document as seen from `origin`. */
export function openapiDocument(origin: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Decisionproof",
      version: API_VERSION,
      summary: "Paid work for AI agents",
      description:
        "Submit a run, get a verified result, pay exactly what it cost, once. Amounts are decimal strings of USD, times are RFC 3339 in UTC, errors are RFC 9457 problem documents.",
      contact: { name: "Decisionproof" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: origin }],
    security: [{ apiKey: [] }],
    tags: [
      { name: "runs", description: "Paid units of work." },
      { name: "budget", description: "Money." },
      { name: "service", description: "Health and documentation; no API key needed." },
    ],
    paths,
    components: components(),
  };
}
