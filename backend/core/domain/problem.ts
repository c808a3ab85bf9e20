import type { RateState } from "./plan.ts";

/** Where the types of problems are, unless the deployment names its own origin: never what a request's Host says. */
const PROBLEM_ORIGIN = "https://decisionproof.example";

/** Every problem type, by slug, with its HTTP status, title, meaning and what the caller should do. */
export const PROBLEMS = {
  "invalid-request": {
    status: 400,
    title: "The request is invalid",
    meaning: "The body, a query parameter, a path parameter or a header is invalid.",
    what_to_do: "Correct every field that `errors` names and send the request again. Nothing was reserved.",
  },
  "invalid-idempotency-key": {
    status: 400,
    title: "The Idempotency-Key header is missing or invalid",
    meaning:
      "A submit needs one Idempotency-Key header of 8 to 64 printable ASCII characters, with no space at either end or after a comma.",
    what_to_do: "Make one key for each piece of work, such as a UUID, and send the same key with every retry.",
  },
  unauthorized: {
    status: 401,
    title: "No valid API key",
    meaning:
      "The request has no API key in `Authorization: Bearer <API key>`, or one that is mistyped, unknown, expired or revoked.",
    what_to_do:
      "Send the API key in that header. If it still fails, use another key: an admin key lists and creates keys.",
  },
  "scope-missing": {
    status: 403,
    title: "The API key lacks a scope",
    meaning: "The API key is valid, but does not have the scope that this operation needs.",
    what_to_do: "Use a key with the scope that `detail` names.",
  },
  "privilege-exceeded": {
    status: 403,
    title: "The new key would have more rights than the key that asks",
    meaning:
      "An API key makes and rotates only keys that can do no more than itself: in mode, scopes, expiry, own rates and spending.",
    what_to_do: "Ask for less, or use a key that has what `detail` names. An operator can make any key.",
  },
  "pack-not-in-plan": {
    status: 403,
    title: "The plan does not include this pack",
    meaning:
      "The pack exists, but the plan of this account does not include it; an account without a plan has no pack.",
    what_to_do: "Choose another pack_type, or have a plan set that includes it, then send the same request again.",
  },
  "cost-over-plan-limit": {
    status: 403,
    title: "The cost is over the plan's limit for one run",
    meaning: "max_cost_usd is more than the plan lets one run reserve.",
    what_to_do: "Lower max_cost_usd or change the plan.",
  },
  "origin-not-allowed": {
    status: 403,
    title: "The origin is not allowed",
    meaning: "The request comes from a web page of an origin that this service does not serve.",
    what_to_do: "Call from a server or an agent, which sends no Origin header, or have the origin allowed.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning: "The route does not exist, or the account of this API key has no such object.",
    what_to_do: "Check the path and the id. A run can be read only with a key of the account that submitted it.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The method is not allowed",
    meaning: "The route exists, but does not support this HTTP method.",
    what_to_do: "Use one of the methods in the Allow header.",
  },
  "not-acceptable": {
    status: 406,
    title: "The response format is not acceptable",
    meaning: "The Accept header excludes application/json, the format of this route's responses.",
    what_to_do: "Send `Accept: application/json, text/event-stream`, or no Accept header.",
  },
  "idempotency-conflict": {
    status: 409,
    title: "The Idempotency-Key was used with another request",
    meaning: "A run with this Idempotency-Key exists, and it was submitted with a different body.",
    what_to_do:
      "Use a new key for different work. To repeat the first submit, send the same values: order, white space and defaults do not count.",
  },
  "run-not-completed": {
    status: 409,
    title: "The run has no result",
    meaning: "The run has not ended, or it ended without a result.",
    what_to_do: "If the run has not ended, wait as long as Retry-After says. If it failed, its `error` says why.",
  },
  "run-already-terminal": {
    status: 409,
    title: "The run has ended",
    meaning: "The run has ended, and this operation needs a run that has not.",
    what_to_do: "Read the run to see how it ended.",
  },
  "run-under-audit": {
    status: 409,
    title: "The run is held for review",
    meaning:
      "The records of the run contradict each other. Its state and its money do not change until an operator has decided.",
    what_to_do: "Read the run again later. While it is held, its money_state is AUDIT_REQUIRED.",
  },
  "key-already-rotated": {
    status: 409,
    title: "The API key has a successor",
    meaning: "The API key was rotated before, and a key can have only one successor.",
    what_to_do:
      "List the keys: the successor's rotated_from is this key. If its secret was lost, rotate the successor, or revoke it.",
  },
  "key-not-active": {
    status: 409,
    title: "The API key is revoked or expired",
    meaning: "The API key exists, but is revoked or expired, and only an active key can be rotated.",
    what_to_do: "Create a new key, or rotate one whose status is active.",
  },
  "too-many-keys": {
    status: 409,
    title: "Too many API keys",
    meaning: "The account has the maximum number of API keys, or has made the maximum number within a day.",
    what_to_do: "Revoke keys that are no longer needed, including expired ones, or wait as `detail` says.",
  },
  "too-many-webhooks": {
    status: 409,
    title: "Too many webhooks",
    meaning: "An account can have 20 webhooks, and make 100 within 24 hours. The webhook URLs of runs do not count.",
    what_to_do:
      "Delete webhooks that are no longer needed, or wait as `detail` says, then send the same request again.",
  },
  "webhook-disabled": {
    status: 409,
    title: "The webhook is disabled",
    meaning: "The webhook's receiver answered 410, so that nothing more is sent to it.",
    what_to_do: "Enable the webhook when its receiver accepts deliveries again, then send the same request again.",
  },
  "result-expired": {
    status: 410,
    title: "The result has expired",
    meaning: "The run completed, but its result is past the retention of its plan and was deleted.",
    what_to_do: "Submit the work again with a new Idempotency-Key.",
  },
  "payload-too-large": {
    status: 413,
    title: "The body is too large",
    meaning: "The body of a request can have at most 256 KiB.",
    what_to_do: "Send less, or a URL of the data where the pack takes one.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The Content-Type is not application/json",
    meaning: "A body must be application/json in UTF-8, without a Content-Encoding.",
    what_to_do: "Send `Content-Type: application/json`.",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "The range is outside the result",
    meaning: "The Range header asks for bytes that the result does not have; Content-Range says how many it has.",
    what_to_do: "Ask for a range within the result, or send no Range header.",
  },
  "budget-exceeded": {
    status: 422,
    title: "The budget does not cover the run",
    meaning: "The run would reserve more than the account, or this API key, has left. Nothing was reserved.",
    what_to_do:
      "Lower max_cost_usd, wait until open runs return what they do not use, or add credit. Then send the same request with the same Idempotency-Key again.",
  },
  "max-cost-below-price": {
    status: 422,
    title: "max_cost_usd is below the price",
    meaning:
      "A success would cost more than max_cost_usd. price_usd is the price, or its minimum where the price is known only after the work. Nothing was reserved.",
    what_to_do:
      "Raise max_cost_usd to price_usd or more, or ask for less work. The same Idempotency-Key can be used. The estimate has the minimum and the maximum price of a success.",
  },
  "model-not-configured": {
    status: 422,
    title: "This service has no model",
    meaning: "Only a model can do what the run asks for, and this service has none configured. Nothing was reserved.",
    what_to_do:
      "Ask for work that needs no model, or have the operator configure one. The same Idempotency-Key can be used.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    meaning:
      "A limit was reached: the rate of the plan or of this API key, of requests with an invalid key or body, of open streams, of large CSVs at a time, or of redeliveries within an hour.",
    what_to_do: "Wait as long as Retry-After says. The RateLimit headers, if present, say what is left.",
  },
  "too-many-open-runs": {
    status: 429,
    title: "Too many open runs",
    meaning: "The account has the maximum number of open runs that its plan allows.",
    what_to_do: "Wait until one of them ends, then send the same request with the same Idempotency-Key again.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    meaning: "An error of the service, logged with the trace_id.",
    what_to_do:
      "Send the same request with the same Idempotency-Key again. If the error persists, report the trace_id.",
  },
  unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    meaning: "A store that the request needs did not answer in time. Nothing is lost. A submit may have been accepted.",
    what_to_do:
      "Wait as long as Retry-After says, then send the same request with the same Idempotency-Key again. It never makes a second run.",
  },
  "read-only": {
    status: 503,
    title: "The service is read-only",
    meaning: "An operator has stopped new runs, or every change except revoking keys.",
    what_to_do: "Wait as long as Retry-After says, then send the same request with the same Idempotency-Key again.",
  },
} as const satisfies Record<string, ProblemKind>;

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly what_to_do: string;
}

export type ProblemSlug = keyof typeof PROBLEMS;

/** One field error: in the body (RFC 6901 JSON Pointer), in a path or query parameter, or in a header. */
export type FieldError = { readonly detail: string } & (
  | { readonly pointer: string }
  | { readonly parameter: string }
  | { readonly header: string }
);

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  /** For the Retry-After header. */
  readonly retry_after_s?: number;
  /** For the RateLimit headers, if the problem itself knows the caller's rate. */
  readonly rate?: { readonly policy: "submit" | "read"; readonly state: RateState };
  /** Members of the document beyond those of RFC 9457, such as amounts. */
  readonly members?: Readonly<Record<string, string>>;
}

/** An error response (RFC 9457). Its detail is the only text of an error that callers see. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly slug: ProblemSlug;
  readonly detail: string;
  readonly extras: ProblemExtras;

  constructor(slug: ProblemSlug, detail: string = PROBLEMS[slug].meaning, extras: ProblemExtras = {}) {
    super(detail);
    this.slug = slug;
    this.detail = detail;
    this.extras = extras;
  }
}

/** A problem's type: its page at this origin. */
export const problemType = (slug: ProblemSlug, origin = PROBLEM_ORIGIN): string => `${origin}/problems/${slug}`;

export const isProblemSlug = (text: string): text is ProblemSlug => Object.hasOwn(PROBLEMS, text);
