import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../context.ts";

export interface OriginDeps {
  readonly originAllowed: (origin: string) => boolean;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Keeps pages out that no browser should let in: a page of another origin, and one whose name was bound to our address
 * (DNS rebinding), which then looks like our own; over TLS it cannot, for want of a certificate. No Origin, no browser.
 */
export function checkOrigin(deps: OriginDeps, c: EdgeRequest): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || deps.originAllowed(origin)) return;
  const own = new URL(c.req.url);
  if (origin === own.origin && (own.protocol === "https:" || LOOPBACK.has(own.hostname))) return;
  throw new Problem("origin-not-allowed");
}

interface AllowedOrigins {
  readonly origins: ReadonlySet<string>;
  /** Pages of this machine, whatever their port. */
  readonly localhost: boolean;
}

export function originCheck({ origins, localhost }: AllowedOrigins): OriginDeps["originAllowed"] {
  return (origin) => {
    if (origins.has(origin)) return true;
    const url = localhost && URL.canParse(origin) ? new URL(origin) : undefined;
    return url !== undefined && LOOPBACK.has(url.hostname);
  };
}
