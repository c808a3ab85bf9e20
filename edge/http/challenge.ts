import type { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

const CHALLENGE = 'Bearer realm="decisionproof"';
const HAS_TOKEN = /^bearer +\S/i;

/** The `WWW-Authenticate` of a problem (RFC 6750, 3): no error where no token was sent. */
export function challengeOf(c: EdgeRequest, { slug, extras }: Problem): string | undefined {
  if (slug === "unauthorized") {
    return HAS_TOKEN.test(c.req.header("Authorization") ?? "") ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE;
  }
  if (slug !== "scope-missing") return undefined;
  return `${CHALLENGE}, error="insufficient_scope", scope="${extras.members?.["scope"] ?? ""}"`;
}
