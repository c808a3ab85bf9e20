import type { Clock } from "#core/ports/clock.ts";
import type { EdgeHandler } from "../http/context.ts";

const DAY_MS = 86_400_000;
/** RFC 9116 wants less than a year; the file is made anew with every answer. */
const GOOD_FOR_DAYS = 180;

interface SecurityDeps {
  readonly clock: Clock;
  /** An https, mailto or tel address; without one, the pages about problems stand in. */
  readonly security_contact: string | undefined;
}

/** `GET /.well-known/security.txt` (RFC 9116) */
export function securityTxt(deps: SecurityDeps): EdgeHandler {
  return (c) => {
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
  };
}
