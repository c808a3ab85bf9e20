import type { Json } from "./json.ts";

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const headerRef = (name: string): Json => ({ $ref: `#/components/headers/${name}` });

/** What every response has. */
export const COMMON = {
  "X-Request-ID": headerRef("RequestId"),
  traceparent: headerRef("Traceparent"),
  "Cache-Control": headerRef("CacheControl"),
};

/** Where the caller stands, on every response to a valid key, while the shield answers; on no 401. */
export const RATE = {
  RateLimit: headerRef("RateLimit"),
  "RateLimit-Policy": headerRef("RateLimitPolicy"),
  "X-RateLimit-Limit": headerRef("XRateLimitLimit"),
  "X-RateLimit-Remaining": headerRef("XRateLimitRemaining"),
  "X-RateLimit-Reset": headerRef("XRateLimitReset"),
};

export const TAG = { ETag: headerRef("ETag") };
export const LOCATION = { Location: headerRef("Location") };
export const RETRY_AFTER = { "Retry-After": headerRef("RetryAfter") };
export const VARY = { Vary: headerRef("Vary") };
export const NEXT = { Link: headerRef("Link") };
export const NEXT_POSITION = { "X-DPP-Next-Position": headerRef("NextPosition") };
export const COST = {
  "X-DPP-Cost-Reserved": headerRef("CostReserved"),
  "X-DPP-Cost-Minimum-Fee": headerRef("CostMinimumFee"),
};

const header = (description: string, example: string | number, type: "string" | "integer" = "string"): Json => ({
  description,
  schema: type === "integer" ? { type, format: "int32", minimum: 0, maximum: 2_147_483_647 } : { type },
  example,
});

const RUN_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

/** The headers among the document's components. */
export const HEADERS: Readonly<Record<string, Json>> = {
  RequestId: header("The caller's X-Request-ID, or a fresh one.", RUN_ID),
  Traceparent: header(
    "W3C Trace Context: the caller's trace, continued, or a fresh one.",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ),
  VaryPrefer: header("Always `Prefer`.", "Prefer"),
  PreferenceApplied: header("`wait=<seconds>` where `Prefer: wait` was followed (RFC 7240).", "wait=20"),
  ContentDisposition: header("With CSV: that it is a file, and its name.", 'attachment; filename="ledger.csv"'),
  Vary: header("What the response depends on: `Accept`, and `Origin` where other origins are allowed.", "Accept"),
  RetryAfter: header("Seconds to wait.", 1, "integer"),
  ShouldRetry: header(
    "`false`: the same request would be refused again; SDKs that repeat a 409 by themselves heed it. `true` beside Retry-After.",
    "false",
  ),
  WwwAuthenticate: header(
    'The challenge of RFC 6750: on a 401, `error="invalid_token"` where a key was sent; on a 403 for a missing scope, `error="insufficient_scope"` and the scope.',
    'Bearer realm="decisionproof", error="invalid_token"',
  ),
  Allow: header("The allowed methods.", "GET, HEAD, OPTIONS"),
  RateLimit: header(
    'What is left, and the seconds until all of it is back: `"submit";r=49;t=1`. On no 401.',
    '"submit";r=49;t=1',
  ),
  RateLimitPolicy: header(
    'The rate, so many in so many seconds: `"submit";q=50;w=60`. On no 401.',
    '"submit";q=50;w=60',
  ),
  XRateLimitLimit: header("The burst, as `q` of RateLimit-Policy.", 50, "integer"),
  XRateLimitRemaining: header("What is left of it, as `r` of RateLimit.", 49, "integer"),
  XRateLimitReset: header("When all of it is back, in Unix seconds.", 1_795_253_400, "integer"),
  ETag: header("The state that was found (RFC 9110, 8.8.3), for If-None-Match.", 'W/"m+mpimhJdp9pRw7wAzZTwQ"'),
  Location: header("The address of what was created.", `/v1/runs/${RUN_ID}`),
  Link: header(
    'RFC 8288: the next page as `rel="next"`, where there is one.',
    `</v1/runs?cursor=${RUN_ID}>; rel="next"`,
  ),
  NextPosition: header(
    "The `next_position` of a page in the order of commits, once there is one.",
    "eyJsaXN0IjoibGVkZ2VyIiwiZXBvY2giOjEsIm9yZGVyIjoiMjgxNDc0OTc2NzExNDAwIiwiaWQiOiIxMDQyIn0",
  ),
  IdempotencyReplayed: header("`true` when the run already existed.", "true"),
  ResultETag: header("The result's SHA-256, in quotes: a strong entity tag.", `"${"9f86d081884c7d65".repeat(4)}"`),
  AcceptRanges: header("Always `bytes`.", "bytes"),
  ContentRange: header(
    "RFC 9110, 14.4: which bytes these are, and of how many; on a 416 only how many there are.",
    "bytes 0-1023/1834",
  ),
  CacheControl: header(
    "`no-store`, but for what never changes or is the same for everybody: a result's bytes are `private, no-cache`, the documents and pages `public, max-age=300`.",
    "no-store",
  ),
  CostReserved: header("USD reserved.", "1.0000"),
  CostMinimumFee: header("USD that a failure after work began costs.", "0.0200"),
  CostActual: header("USD charged; absent until the run is closed.", "0.0120"),
};
