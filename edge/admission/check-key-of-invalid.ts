import type { MiddlewareHandler } from "hono";
import { Problem, type ProblemSlug } from "#core/domain/problem.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import type { EdgeRequest, EdgeTypes } from "../http/context.ts";
import { problemResponse } from "../http/problem-response.ts";
import { limitOf } from "./read.ts";
import { unauthorized } from "./problems.ts";
import { askShield, type ShieldDeps } from "./shield.ts";

/** What S0 finds in a request, before any store has seen its key. */
const INVALID: ReadonlySet<ProblemSlug> = new Set([
  "invalid-request",
  "invalid-idempotency-key",
  "payload-too-large",
  "unsupported-media-type",
]);

/**
 * The last word on an invalid request with a key. The shield is asked as for a read, so that a key that is
 * nobody's gets the 401 and one over its rate the 429; the others learn what is wrong, and where they stand. Without
 * the shield the response says what is wrong: Postgres is never asked about what cannot be done.
 */
export function checkKeyOfInvalid(deps: ShieldDeps): MiddlewareHandler<EdgeTypes> {
  return async (c, next) => {
    await next();
    const refusal = c.error instanceof Problem ? await keyRefusal(deps, c, c.error) : undefined;
    if (refusal === undefined) return;
    // Its headers would be kept.
    c.res = undefined;
    c.res = problemResponse(c, refusal);
  };
}

/** What stands in the place of this problem, if it says that a request is invalid and no store has seen its key yet. */
export async function keyRefusal(deps: ShieldDeps, c: EdgeRequest, problem: Problem): Promise<Problem | undefined> {
  const caller = c.get("caller");
  if (!INVALID.has(problem.slug) || caller === undefined || c.get("rate") !== undefined) return undefined;
  const shielded = await askShield(deps, caller, {
    class: "read",
    // A missing scope is reported only for a valid request.
    ask: (tenant_id) => authorize(deps.redis, { ...caller, tenant_id, scope: "read" }),
  });
  if (shielded.kind === "unauthorized") return unauthorized();
  if (shielded.kind === "answered") c.set("rate", { policy: "read", state: shielded.reply.rate });
  return limitOf(shielded);
}
