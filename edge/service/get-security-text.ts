import type { Clock } from "#core/ports/clock.ts";
import { openOperation } from "../http/operation.ts";
import { textContent } from "../openapi/content.ts";

const DAY_MS = 86_400_000;
/** RFC 9116 wants less than a year; each response has a new one. */
const GOOD_FOR_DAYS = 180;

interface SecurityDeps {
  readonly clock: Clock;
  /** An https, mailto or tel address; without one, the pages about problems stand in. */
  readonly security_contact: string | undefined;
}

export const getSecurityText = openOperation({
  id: "getSecurityText",
  method: "GET",
  path: "/.well-known/security.txt",
  tag: "service",
  summary: "Security contact",
  description: "RFC 9116.",
  responses: {
    200: {
      description: "Contact and expiry.",
      content: textContent("text/plain", "Contact: https://api.example/problems/"),
    },
  },
  handle({ c }, deps: SecurityDeps) {
    const { origin } = new URL(c.req.url);
    const day = Math.floor(deps.clock.now() / DAY_MS) + GOOD_FOR_DAYS;
    const lines = [
      `Contact: ${deps.security_contact ?? `${origin}/problems/`}`,
      `Expires: ${new Date(day * DAY_MS).toISOString()}`,
      "Preferred-Languages: en",
      `Canonical: ${origin}/.well-known/security.txt`,
    ];
    c.header("Cache-Control", "public, max-age=300");
    return c.text(`${lines.join("\n")}\n`);
  },
});
