import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "./context.ts";

export interface CorsPolicy {
  /** As browsers send them: scheme://host, with a port that is not the scheme's own. */
  readonly origins: readonly string[];
  /** Whether pages of this very machine are let in too: for development. */
  readonly localhost: boolean;
}

const LOCALHOST = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;
const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "Prefer",
  "traceparent",
  "X-Request-ID",
  "Last-Event-ID",
  "Range",
  "If-Range",
  "If-None-Match",
  "MCP-Protocol-Version",
  "Mcp-Session-Id",
  "Mcp-Method",
  "Mcp-Name",
].join(", ");
const RESPONSE_HEADERS = [
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Location",
  "Link",
  "Content-Disposition",
  "ETag",
  "Accept-Ranges",
  "Content-Range",
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

/** Whether pages of this origin may call. */
export const isAllowedOrigin = ({ origins, localhost }: CorsPolicy, origin: string): boolean =>
  origins.includes(origin) || (localhost && LOCALHOST.test(origin));

/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) for the origins that are listed, by name and without
 * credentials: a key travels in a header that the page itself sets. Others get no word of it, and browsers refuse.
 */
export function allowOrigins({ cors }: { readonly cors: CorsPolicy }): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    await next();
    if (cors.origins.length === 0 && !cors.localhost) return;
    const origin = c.req.header("Origin");
    // The method that no route takes, and the route's word on those that it takes.
    const methods = c.res.status === 405 && c.req.method === "OPTIONS" ? c.res.headers.get("Allow") : null;
    const isPreflight = origin !== undefined && c.req.header("Access-Control-Request-Method") !== undefined;
    if (methods !== null && isPreflight) {
      c.res = undefined;
      c.res = new Response(null, { status: 204 });
    }
    c.header("Vary", "Origin", { append: true });
    if (origin === undefined || !isAllowedOrigin(cors, origin)) return;
    c.header("Access-Control-Allow-Origin", origin);
    if (methods === null || !isPreflight) {
      c.header("Access-Control-Expose-Headers", RESPONSE_HEADERS);
      return;
    }
    c.header("Access-Control-Allow-Methods", methods);
    c.header("Access-Control-Allow-Headers", REQUEST_HEADERS);
    c.header("Access-Control-Max-Age", MAX_AGE_SECONDS);
  };
}
