import type { RateState } from "./plan.ts";

/** Every problem that a caller can meet: the only place that knows its status, its title and what to do about it. */
export const PROBLEMS = {
  "invalid-request": {
    status: 400,
    title: "The request does not fit",
    meaning: "The body, a query parameter or a path parameter is not what this operation takes.",
    what_to_do: "Correct every place that `errors` names and send the request again. Nothing was reserved.",
  },
  "invalid-idempotency-key": {
    status: 400,
    title: "The Idempotency-Key header is missing or does not fit",
    meaning:
      "A submit needs an Idempotency-Key of 8 to 64 printable ASCII characters, without a space at either end or behind a comma, and no second one.",
    what_to_do: "Make one key per piece of work, for instance a UUID, and send the same key with every retry of it.",
  },
  unauthorized: {
    status: 401,
    title: "No valid API key",
    meaning: "The request bears no API key, or one that is mistyped, unknown, expired or revoked.",
    what_to_do: "Send `Authorization: Bearer <your API key>`. If it still fails, ask for a new key.",
  },
  "scope-missing": {
    status: 403,
    title: "The API key lacks a scope",
    meaning: "The API key is valid, but may not do this.",
    what_to_do: "Use a key that bears the scope which `detail` names.",
  },
  "privilege-exceeded": {
    status: 403,
    title: "The key would do more than the key that asks",
    meaning:
      "An API key makes and rotates only keys that can do no more than itself: in mode, scopes, expiry, own rates and spending.",
    what_to_do: "Ask for less, or use a key that bears what `detail` names. An operator can make any key.",
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
    meaning: "There is nothing at this address that this API key may see.",
    what_to_do: "Check the address and the id. A run can be read only with a key of the account that submitted it.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The method is not allowed here",
    meaning: "The address exists, but does not take this HTTP method.",
    what_to_do: "Use one of the methods in the Allow header.",
  },
  "not-acceptable": {
    status: 406,
    title: "The answer would have another form",
    meaning: "The Accept header leaves out application/json, which is what this address answers with.",
    what_to_do: "Send `Accept: application/json, text/event-stream`, or none.",
  },
  "idempotency-conflict": {
    status: 409,
    title: "The Idempotency-Key belongs to another request",
    meaning: "A run with this Idempotency-Key exists, and its body was a different one.",
    what_to_do: "Use a fresh key for different work. To repeat the first submit, send exactly its body.",
  },
  "run-not-completed": {
    status: 409,
    title: "The run has no result",
    meaning: "The run is still at work, or it ended without a result.",
    what_to_do: "While the run is at work, wait as long as Retry-After says. If it failed, its `error` tells why.",
  },
  "run-already-terminal": {
    status: 409,
    title: "The run has ended",
    meaning: "The run is over, and what was asked can only be done before that.",
    what_to_do: "Read the run to see how it ended.",
  },
  "run-under-audit": {
    status: 409,
    title: "The run is held for a person to decide",
    meaning:
      "What is stored of the run contradicts itself, so that nothing moves it or its money until a person has decided.",
    what_to_do: "Read the run from time to time; while it is held, its money_state is AUDIT_REQUIRED.",
  },
  "key-already-rotated": {
    status: 409,
    title: "The API key has a successor",
    meaning: "The API key was rotated before, and a key has one successor.",
    what_to_do:
      "List the keys: the successor's rotated_from is this key. If its secret was lost, rotate the successor, or revoke it.",
  },
  "too-many-keys": {
    status: 409,
    title: "Too many API keys",
    meaning: "The account has as many API keys as it may have, or made as many within a day as it may make.",
    what_to_do: "Revoke keys that are no longer needed, expired ones too, or wait as `detail` says.",
  },
  "too-many-webhooks": {
    status: 409,
    title: "The account has as many webhooks as it may have",
    meaning:
      "An account may have 20 webhooks, and make 100 within 24 hours. The addresses that runs bring along do not count.",
    what_to_do: "Delete one that is no longer used, or wait as `detail` says, then send the same request again.",
  },
  "webhook-disabled": {
    status: 409,
    title: "The webhook is disabled",
    meaning: "The webhook's receiver answered 410, so that nothing is sent to it any more.",
    what_to_do: "Enable the webhook once its receiver takes deliveries again, then send the same request again.",
  },
  "result-expired": {
    status: 410,
    title: "The result has expired",
    meaning: "The run completed, but its result is past the retention of its plan and is gone.",
    what_to_do: "Submit the work again under a fresh Idempotency-Key.",
  },
  "payload-too-large": {
    status: 413,
    title: "The body is too large",
    meaning: "The body of a request may be 256 KiB.",
    what_to_do: "Send less, or a link to the data where the pack takes one.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The Content-Type is not application/json",
    meaning: "Bodies are read as application/json in UTF-8, without a Content-Encoding.",
    what_to_do: "Send `Content-Type: application/json`.",
  },
  "budget-exceeded": {
    status: 422,
    title: "The budget does not cover the run",
    meaning: "The run would reserve more than the account, or this API key, has left. Nothing was reserved.",
    what_to_do:
      "Lower max_cost_usd, wait until open runs give back what they do not use, or add credit; then the same request, with the same Idempotency-Key, may be sent again.",
  },
  "max-cost-below-price": {
    status: 422,
    title: "max_cost_usd is below the price",
    meaning:
      "A success would cost more than max_cost_usd allows: price_usd is the price, or the least that it can be where only the work itself can tell. Nothing was reserved.",
    what_to_do:
      "Raise max_cost_usd to price_usd or more, or ask for less work; the same Idempotency-Key may be used. The estimate tells the least and the most that a success can cost.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    meaning:
      "Requests come faster than the plan or this API key allows, too many with keys or bodies that do not fit, too many streams are open, or too many webhook deliveries were asked for again within an hour.",
    what_to_do: "Wait as long as Retry-After says. The RateLimit headers, where there are any, tell what is left.",
  },
  "too-many-open-runs": {
    status: 429,
    title: "Too many open runs",
    meaning: "As many runs as the plan allows are queued or at work.",
    what_to_do: "Wait until one of them ends, then send the same request with the same Idempotency-Key again.",
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    meaning: "The request met a fault of ours, which has been logged under its trace_id.",
    what_to_do: "Send the same request with the same Idempotency-Key again. If it lasts, tell us the trace_id.",
  },
  unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    meaning:
      "A store that the request needs did not answer in time. Nothing is lost, but a submit may have been accepted.",
    what_to_do:
      "Wait as long as Retry-After says, then send the same request with the same Idempotency-Key: it is never run twice.",
  },
  "read-only": {
    status: 503,
    title: "No new work for the moment",
    meaning: "The operator has stopped the taking of new runs, or every change but the revoking of keys.",
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

/** One thing that does not fit: in the body (RFC 6901 JSON Pointer), in a path or query parameter, or in a header. */
export type Fault = { readonly detail: string } & (
  | { readonly pointer: string }
  | { readonly parameter: string }
  | { readonly header: string }
);

export interface ProblemExtras {
  readonly errors?: readonly Fault[];
  /** For the Retry-After header. */
  readonly retry_after_s?: number;
  /** For the RateLimit headers, where the problem itself says how the caller stands. */
  readonly rate?: { readonly policy: "submit" | "read"; readonly state: RateState };
  /** Members of the document beyond those of RFC 9457, such as amounts. */
  readonly members?: Readonly<Record<string, string>>;
}

/** What a caller is told when its request is not done (RFC 9457). Its detail is the only text that leaves the house. */
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

export const isProblemSlug = (text: string): text is ProblemSlug => Object.hasOwn(PROBLEMS, text);
