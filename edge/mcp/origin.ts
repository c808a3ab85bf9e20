import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import { type CorsPolicy, isAllowedOrigin } from "../http/cors.ts";

export interface OriginDeps {
  readonly cors: CorsPolicy;
}

/** Hosts whose name nobody else can bind. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Keeps pages out that no browser should let in: a page of another origin, and one whose name was bound to our address
 * (DNS rebinding), which then looks like our own; over TLS it cannot, for want of a certificate. No Origin, no browser.
 */
export function checkOrigin(deps: OriginDeps, c: EdgeRequest): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || isAllowedOrigin(deps.cors, origin)) return;
  const own = new URL(c.req.url);
  if (origin === own.origin && (own.protocol === "https:" || LOOPBACK.has(own.hostname))) return;
  throw new Problem("origin-not-allowed");
}
