import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "./context.ts";

export interface CorsPolicy {
  /** As browsers send them: scheme://host, with a port that is not the scheme's own. */
  readonly origins: readonly string[];
  /** Whether pages of this very machine are let in too: for development. */
  readonly localhost: boolean;
}

const LOCALHOST = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;
/** Those that this API and its clients are known to send; `*` lets in all others, but in no browser Authorization. */
const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "Prefer",
  "If-None-Match",
  "If-Range",
  "Range",
  "Cache-Control",
  "Last-Event-ID",
  "X-Request-ID",
  "traceparent",
  "tracestate",
  "baggage",
  "sentry-trace",
  "MCP-Protocol-Version",
  "Mcp-Session-Id",
  "Mcp-Method",
  "Mcp-Name",
  "*",
].join(", ");
const RESPONSE_HEADERS = [
  "RateLimit",
  "RateLimit-Policy",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "Retry-After",
  "x-should-retry",
  "WWW-Authenticate",
  "Allow",
  "Location",
  "Link",
  "ETag",
  "Accept-Ranges",
  "Content-Range",
  "Content-Length",
  "Content-Disposition",
  "X-Request-ID",
  "traceparent",
  "Idempotency-Replayed",
  "Preference-Applied",
  "X-DPP-Next-Position",
  "X-DPP-Cost-Reserved",
  "X-DPP-Cost-Minimum-Fee",
  "X-DPP-Cost-Actual",
].join(", ");
const MAX_AGE_SECONDS = "600";
/** What a preflight of an unknown route is told, so that its page reads the 404. */
const METHODS = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";

/** Whether pages of this origin may call. */
export const isAllowedOrigin = ({ origins, localhost }: CorsPolicy, origin: string): boolean =>
  origins.includes(origin) || (localhost && LOCALHOST.test(origin));

/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) without credentials, for a key travels in a header that the
 * page itself sets: the origins that are listed may call, by name; pages of any origin may read what is public. Others
 * get no word of it, and browsers refuse.
 */
export function allowOrigins({ cors }: { readonly cors: CorsPolicy }): MiddlewareHandler<EdgeTypes> {
  const varies = cors.origins.length > 0 || cors.localhost;
  return async (c, next) => {
    await next();
    const isPublic = c.get("public") === true;
    if (!isPublic && varies) c.header("Vary", "Origin", { append: true });
    const origin = c.req.header("Origin");
    if (origin === undefined) return;
    const allowed = isPublic ? "*" : isAllowedOrigin(cors, origin) && origin;
    if (allowed === false) return;

    const isPreflight = c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined;
    const methods = c.res.headers.get("Allow") ?? METHODS;
    if (isPreflight && c.res.status === 404) {
      c.res = undefined;
      c.res = new Response(null, { status: 204, ...(!isPublic && { headers: { Vary: "Origin" } }) });
      c.set("problem", undefined);
    }
    c.header("Access-Control-Allow-Origin", allowed);
    if (isPreflight) {
      c.header("Access-Control-Allow-Methods", methods);
      c.header("Access-Control-Allow-Headers", REQUEST_HEADERS);
      c.header("Access-Control-Max-Age", MAX_AGE_SECONDS);
    } else c.header("Access-Control-Expose-Headers", RESPONSE_HEADERS);
  };
}
